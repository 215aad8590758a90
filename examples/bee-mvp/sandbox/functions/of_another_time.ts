// A function that somebody deployed by hand; what it did is not known.

Deno.serve(() => new Response("of another time"));
