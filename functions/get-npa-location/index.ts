import { connect } from "../_shared/database.ts";
import { readLocation } from "../_shared/lerg.ts";
import { getNpaLocation } from "./handler.ts";

const sql = connect(Deno.env);

Deno.serve(getNpaLocation({ readLocation: (npa) => readLocation(sql, npa) }));
