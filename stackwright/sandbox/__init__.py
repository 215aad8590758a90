"""Local stand-ins for Render, Supabase and Stripe over real parts.

The sandbox never imports the deployer's clients and they never import it: a stand-in
that shares code with what it checks proves nothing.
"""
