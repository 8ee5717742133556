"""What the accounts room takes and sends over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gridsvc.accounts.roles import Permission, Role
from gridsvc.plain_text import PlainText

Login = Annotated[
    str,
    Field(pattern=r"^[a-z0-9._@-]{3,64}$", examples=["wang.fang"]),
]
Secret = Annotated[PlainText, Field(min_length=1, max_length=200)]
DivisionCode = Annotated[str, Field(pattern=r"^[0-9]{12}$", examples=["390121001000"])]
Words = Annotated[PlainText, Field(min_length=1, max_length=200)]


class PurposeIn(BaseModel):
    """What personal data is wanted for; it is written into the audit trail."""

    model_config = ConfigDict(extra="forbid")

    purpose: Annotated[PlainText, Field(min_length=4, max_length=200)] = Field(
        examples=["核实第 12 号事件的处置情况"]
    )


class TokenIn(BaseModel):
    """What proves an account: password, and a code where it has a second factor."""

    model_config = ConfigDict(extra="forbid")

    login: Secret
    password: Secret
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None


class TokenOut(BaseModel):
    """A token for the header ``Authorization: Bearer …``."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the type's name
    expires_in: int = Field(description="seconds", examples=[900])


class Me(BaseModel):
    """The account that asks."""

    login: str
    roles: list[Role]
    permissions: list[Permission]
    areas: list[str]
    matters: list[str] | None = Field(description="none = every matter")
    person: str | None = Field(description="code of the person it stands for")
    unit: str | None = Field(description="code of the unit it acts for; none = any of its areas")


class AccountIn(BaseModel):
    """A new account; without a password one for the first sign-in is made and answered once."""

    model_config = ConfigDict(extra="forbid")

    login: Login
    name: Words = Field(description="stored sealed")
    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))]
    division: DivisionCode = Field(description="where the account is kept")
    areas: Annotated[list[DivisionCode], Field(min_length=1, max_length=100)]
    matters: Annotated[list[Words], Field(max_length=200)] = []
    person: Words | None = Field(None, description="code of the grid worker, liaison or officer")
    unit: Words | None = Field(
        None, description="code of the only unit it acts for in whistle calls; none = any"
    )
    openid_only: bool = Field(False, description="signs in by the OpenID provider, no password")


class AccountChange(BaseModel):
    """What is to be different about an account; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))] | None = None
    areas: Annotated[list[DivisionCode], Field(min_length=1, max_length=100)] | None = None
    matters: Annotated[list[Words], Field(max_length=200)] | None = None
    unit: Words | None = Field(None, description="null = it acts for any unit of its areas")
    disabled: bool | None = None


class AccountOut(BaseModel):
    """An account; the name is masked."""

    login: str
    name: str = Field(examples=["王*"])
    roles: list[Role]
    division_code: str
    areas: list[str]
    matters: list[str]
    person_code: str | None
    unit: str | None
    second_factor: bool
    demonstration: bool
    created_at: datetime
    disabled_at: datetime | None


class AccountPage(BaseModel):
    """Some accounts and how many there are."""

    accounts: list[AccountOut]
    total: int


class NewAccount(BaseModel):
    """An account just made, and the password of its first sign-in, told this once."""

    account: AccountOut
    one_time_password: str | None


class OneTimePassword(BaseModel):
    """A password for the next sign-in, told this once."""

    one_time_password: str


class KeyIn(BaseModel):
    """A new API key of an account; it may do no more than the permissions listed."""

    model_config = ConfigDict(extra="forbid")

    label: Annotated[PlainText, Field(min_length=1, max_length=100)]
    permissions: Annotated[list[Permission], Field(min_length=1, max_length=len(Permission))]
    expires_at: AwareDatetime | None = Field(None, description="none = until it is revoked")


class KeyOut(BaseModel):
    """An API key by its beginning; the key itself is told only when it is made."""

    id: int
    beginning: str = Field(examples=["gsk_Jx41zQ"])
    label: str
    permissions: list[Permission]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class NewKey(BaseModel):
    """An API key just made; `key` is told this once."""

    key: str
    shown: KeyOut
