"""Tables of accounts, where and in what they may look, and how they are signed in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.accounts.roles import Role
from gridsvc.db import Base, CodeText

_ROLES = ", ".join(f"'{role}'" for role in Role)


class Account(Base):
    """Somebody, or some system, that may sign in; names and secrets are sealed.

    `division_code` is where the account is kept: its administrators have that in their areas.
    `unit_code` is the unit it acts for, and no other; none = every unit of its areas.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("login = lower(login) AND login ~ '^[a-z0-9._@-]{3,64}$'", name="login"),
        CheckConstraint(f"cardinality(roles) > 0 AND roles <@ ARRAY[{_ROLES}]", name="known_roles"),
        # Whoever gives rights must not be the one who looks after it.
        CheckConstraint("NOT roles @> ARRAY['administrator', 'auditor']", name="duties_separated"),
        CheckConstraint("division_code ~ '^[0-9]{12}$'", name="twelve_digits"),
        UniqueConstraint("oidc_issuer", "oidc_subject"),
        Index("ix_account_division_code", "division_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    login: Mapped[str] = mapped_column(CodeText, unique=True)
    name_sealed: Mapped[str] = mapped_column(Text)
    name_masked: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    division_code: Mapped[str] = mapped_column(CodeText)
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), unique=True
    )
    unit_code: Mapped[str | None] = mapped_column(CodeText)
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_changed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    second_factor_sealed: Mapped[str | None] = mapped_column(Text)
    #: Time step of the last code that was used: none is taken twice.
    second_factor_step: Mapped[int | None] = mapped_column(BigInteger)
    failed_count: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    oidc_issuer: Mapped[str | None] = mapped_column(Text)
    oidc_subject: Mapped[str | None] = mapped_column(Text)
    demonstration: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class AccountArea(Base):
    """Division an account may look into, with everything below it."""

    __tablename__ = "account_area"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    division_code: Mapped[str] = mapped_column(CodeText, primary_key=True)


class AccountMatter(Base):
    """Matter a department answers for, with everything below it."""

    __tablename__ = "account_matter"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    matter_code: Mapped[str] = mapped_column(
        ForeignKey("matter.code", ondelete="CASCADE"), primary_key=True
    )


class LoginSession(Base):
    """A browser that is signed in; the cookie's secret is kept as its SHA-256 only.

    `step` is what must follow the password before it is signed in: code, password, enrol, done.
    """

    __tablename__ = "login_session"
    __table_args__ = (
        CheckConstraint("step IN ('code', 'password', 'enrol', 'done')", name="step"),
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    csrf: Mapped[str] = mapped_column(Text)
    step: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ApiKey(Base):
    """Key of a device or a partner's system; kept as its SHA-256 only."""

    __tablename__ = "api_key"
    __table_args__ = (CheckConstraint("length(label) BETWEEN 1 AND 100", name="label_length"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    #: First characters, by which people recognise a key.
    beginning: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    label: Mapped[str] = mapped_column(Text)
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
