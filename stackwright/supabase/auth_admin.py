"""The admin interface of a project's auth server: its users, through the service role's key.

https://supabase.com/docs/reference/javascript/auth-admin-api. `AuthReader` can only read. Users
are deleted here and not by SQL, so that the auth server ends what it knows of them.
"""

from typing import Any, ClassVar, Unpack

import httpx

from stackwright.http.client import VendorClient, Wiring, segment
from stackwright.http.rules import Details, Rules, Table
from stackwright.values import Json

PAGE = 200


def explain(response: httpx.Response) -> Details:
    """`{"code", "error_code", "msg"}`; the gateway before it says `{"message"}`."""
    try:
        body = response.json()
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    said = body.get("msg") or body.get("message") or response.reason_phrase
    return Details(str(said), body.get("error_code"), response.headers.get("sb-request-id"))


RULES = Rules(
    vendor="Supabase Auth",
    key_variable="SUPABASE_ACCESS_TOKEN",
    url_variable="SUPABASE_PROJECT_URL",
    reads=Table("GET /admin/users"),
    explain=explain,
    advice={500: "The database refused it: a table may refer to the user without a cascade."},
)


class AuthReader(VendorClient):
    """Reads of the users of one project; `key` is its `service_role` key."""

    rules = RULES

    def __init__(self, key: str, project_url: str, **wiring: Unpack[Wiring]) -> None:
        super().__init__(key, f"{project_url}/auth/v1", **wiring)
        self._http.headers["apikey"] = key

    async def user_ids(self) -> set[str]:
        """The ids of all users. The server may send shorter pages than asked for."""
        found: set[str] = set()
        page = 1
        while ids := await self._page(page):
            found |= ids
            page += 1
        return found

    async def _page(self, number: int) -> set[str]:
        params: dict[str, Any] = {"page": number, "per_page": PAGE}
        answer: Json = await self._send("GET", "/admin/users", params=params)
        return {user["id"] for user in answer["users"]}


class AuthClient(AuthReader):
    """Reads and deletes."""

    writable: ClassVar[bool] = True

    async def delete_user(self, user: str) -> bool:
        """Delete one for good; False when it was gone already."""
        return await self._remove(f"/admin/users/{segment(user)}")
