"""What the bridge is told: ``BRIDGE_`` variables, nested by ``__``, or a ``.env`` file.

:func:`load` is the way in: it refuses unknown names, and its errors say what is wrong, which
variable, and what to do. Secrets are never part of a message.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bridge.errors import SettingsError

PREFIX = "BRIDGE_"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StripeSettings(_Section):
    """``BRIDGE_STRIPE__…``"""

    api_key: SecretStr = Field(
        description="A restricted key that may read customers, subscriptions, invoices, charges, "
        "refunds, disputes and events, and write customers and subscriptions."
    )
    webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        min_length=1,
        description="The signing secrets of the webhook endpoint (whsec_…), separated by commas.",
    )
    thin_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="The signing secrets of the event destination for thin events, separated by "
        "commas; without them /stripe/thin is not there.",
    )
    api_base: str = Field(
        default="https://api.stripe.com",
        description="Where Stripe's API is; elsewhere only for rehearsals.",
    )
    livemode: bool | None = Field(
        default=None,
        description="true or false; by default what the API key says.",
    )
    account: str | None = Field(
        default=None,
        pattern=r"^acct_\w+$",
        description="The Stripe account's id (acct_…); by default the API key's own.",
    )
    signature_tolerance: float = Field(
        default=300.0, gt=0, description="Seconds a webhook's timestamp may be off, either way."
    )
    sweep_every: float = Field(
        default=300.0,
        ge=1,
        le=86_400,
        description="Seconds between sweeps of Stripe's events for webhooks that never came.",
    )
    sweep_overlap: float = Field(
        default=600.0,
        ge=60,
        le=86_400,
        description="Seconds that a sweep goes back behind the last: events may be listed late.",
    )
    reads_per_second: float = Field(
        default=20.0,
        gt=0,
        le=1000,
        description="Reads of Stripe a second, at most. Its limit (100 in live mode, 25 in a "
        "sandbox) is shared with all else that uses the account.",
    )

    @field_validator("webhook_secrets", "thin_secrets", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("api_base")
    @classmethod
    def _base(cls, value: str) -> str:
        return web_address(value)

    @model_validator(mode="after")
    def _mode(self) -> StripeSettings:
        key = self.api_key.get_secret_value()
        of_key = True if "_live_" in key else False if "_test_" in key else None
        if self.livemode is None and of_key is None:
            raise ValueError("LIVEMODE must be set: the API key does not say its mode")
        if self.livemode is not None and of_key is not None and self.livemode != of_key:
            mode = "live" if of_key else "test"
            raise ValueError(f"LIVEMODE contradicts the API key, which is a {mode} key")
        return self

    @property
    def mode(self) -> bool:
        """Whether live events are the ones to apply."""
        if self.livemode is not None:
            return self.livemode
        return "_live_" in self.api_key.get_secret_value()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The signing secrets of the webhook in the clear."""
        return tuple(secret.get_secret_value() for secret in self.webhook_secrets)

    @property
    def secrets_of_thin(self) -> tuple[str, ...]:
        """Those of the destination for thin events."""
        return tuple(secret.get_secret_value() for secret in self.thin_secrets)


class SalesforceSettings(_Section):
    """``BRIDGE_SALESFORCE__…``"""

    login_url: str = Field(
        default="https://login.salesforce.com",
        description="login.salesforce.com, test.salesforce.com or the org's My Domain.",
    )
    client_id: str = Field(
        min_length=1, description="The consumer key of the org's External Client App."
    )
    client_secret: SecretStr | None = Field(
        default=None, description="For client credentials: the app's consumer secret."
    )
    private_key_file: Path | None = Field(
        default=None, description="For JWT bearer: the PEM file of the app's private key."
    )
    username: str | None = Field(
        default=None, description="For JWT bearer: the integration user's username."
    )
    org_id: str | None = Field(
        default=None,
        pattern=r"^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$",
        description="The org's id; when set, any other org is refused.",
    )
    pubsub_target: str = Field(
        default="api.pubsub.salesforce.com:7443",
        pattern=r"^[^/\s]+:\d+$",
        description="host:port of the Pub/Sub API.",
    )
    ca_file: Path | None = Field(
        default=None, description="A PEM file of the authorities to trust instead of the usual."
    )
    publish_with: Literal["pubsub", "rest"] = Field(
        default="pubsub", description="How events are published; pubsub."
    )
    subscribe_with: Literal["pubsub", "cometd"] = Field(
        default="pubsub",
        description="How events are received: pubsub, or cometd where long gRPC streams do not "
        "live.",
    )
    batch_size: int = Field(
        default=200, ge=1, le=200, description="Events in one publish call, at most."
    )
    linger: float = Field(
        default=0.1, ge=0, le=10, description="Seconds of quiet before what came is published."
    )
    max_in_flight: int = Field(
        default=2_000, ge=1, description="Events published and without a receipt, at most."
    )
    reserve: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="Share of the hour's events that is kept for failed payments and disputes.",
    )
    receipt_timeout: float = Field(
        default=60.0,
        gt=0,
        description="Seconds to wait for a receipt before the ledger is asked for the event.",
    )
    ledger_requests: float = Field(
        default=12.0,
        ge=1,
        le=600,
        description="API requests a minute, at most, that ask the ledger for events without one.",
    )

    @field_validator("login_url")
    @classmethod
    def _login(cls, value: str) -> str:
        return web_address(value)

    @field_validator("private_key_file", "ca_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"there is no file {value}")
        return value

    @model_validator(mode="after")
    def _flow(self) -> SalesforceSettings:
        if self.client_secret is None and self.private_key_file is None:
            raise ValueError(
                "set either CLIENT_SECRET (client credentials), "
                "or PRIVATE_KEY_FILE and USERNAME (JWT bearer)"
            )
        if self.client_secret is not None and self.private_key_file is not None:
            raise ValueError("CLIENT_SECRET and PRIVATE_KEY_FILE exclude each other: unset one")
        if self.private_key_file is not None and not self.username:
            raise ValueError("PRIVATE_KEY_FILE needs USERNAME, the integration user's username")
        host = urlsplit(self.login_url).hostname
        if self.client_secret is not None and host in {
            "login.salesforce.com",
            "test.salesforce.com",
        }:
            raise ValueError("CLIENT_SECRET needs LOGIN_URL to be the org's own My Domain")
        if self.publish_with != "pubsub":
            raise ValueError("PUBLISH_WITH can only be pubsub in this version")
        return self


class StoreSettings(_Section):
    """``BRIDGE_STORE__…``"""

    url: SecretStr = Field(
        default=SecretStr("sqlite:///bridge.db"),
        description="sqlite:///path/to/bridge.db, or postgresql://user:password@host:5432/database "
        "for one or more bridges.",
    )
    lease: float = Field(
        default=30.0,
        ge=1,
        description="Seconds after which another bridge takes over what a dead one did; twice that "
        "for events that it was publishing. Several bridges have it alike.",
    )
    keep_days: float = Field(
        default=14,
        gt=0,
        description="Days that the body and the timeline of a finished event are kept: they hold "
        "customers' data. Its id is remembered for 35 days more.",
    )

    @field_validator("url")
    @classmethod
    def _known(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url.startswith(("postgresql://", "postgres://")):
            _check_postgres(url)
        elif not url.startswith("sqlite:///") or len(url) == len("sqlite:///"):
            raise ValueError("must be sqlite:/// and a path, or postgresql:// and an address")
        return value

    @property
    def path(self) -> Path:
        """The SQLite file, where that is the store."""
        return Path(self.url.get_secret_value().removeprefix("sqlite:///"))


def _check_postgres(url: str) -> None:
    """Raises ValueError, in words that do not repeat the URL: it holds a password."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname and parts.path.strip("/"))
        _ = parts.port
    except ValueError:
        named = False
    if not named:
        raise ValueError(
            "must name a host and a database: postgresql://user:password@host:5432/database, "
            "with signs like / and @ in the password percent-encoded"
        )


class HttpSettings(_Section):
    """``BRIDGE_HTTP__…``"""

    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="0 takes any free port.")
    body_limit: int = Field(
        default=2 * 1024 * 1024, ge=1024, description="The largest webhook body, in bytes."
    )


class BookingSettings(_Section):
    """``BRIDGE_BOOKING__…``: how Stripe's facts become a booking."""

    time_zone: str | None = Field(
        default=None,
        description="The zone that turns instants into dates (Europe/Berlin); "
        "by default the Stripe account's.",
    )
    count_repeating_discounts: bool = Field(
        default=False, description="Whether discounts that end lower MRR while they last."
    )
    opportunity_key: str = Field(
        default="salesforce_opportunity_id",
        min_length=1,
        max_length=40,
        description="The Stripe metadata key that holds the Opportunity's id.",
    )
    term_key: str = Field(
        default="contract_term_months",
        min_length=1,
        max_length=40,
        description="The Stripe metadata key that holds the contract's term.",
    )

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError("is not a zone of the IANA time zone database") from None
        return value


class PushSettings(_Section):
    """``BRIDGE_PUSH__…``: what Opportunities say becomes metadata in Stripe."""

    enabled: bool = Field(
        default=True,
        description="Whether changes of Opportunities are written to Stripe at all; the API key "
        "must then be allowed to write customers and subscriptions.",
    )
    linger: float = Field(
        default=1.0,
        ge=0,
        le=600,
        description="Seconds that a change of an Opportunity waits for the next one, so that both "
        "are one write; ten times that, at most.",
    )
    writes_per_second: float = Field(
        default=5.0,
        gt=0,
        le=1000,
        description="Writes to Stripe a second, at most. Its limit (100 reads and writes in live "
        "mode, 25 in a sandbox) is shared with all else that uses the account.",
    )
    sweep_every: float = Field(
        default=300.0,
        ge=1,
        le=86_400,
        description="Seconds between sweeps of Opportunities for changes that no event told.",
    )
    sweep_overlap: float = Field(
        default=600.0,
        ge=60,
        le=86_400,
        description="Seconds that a sweep goes back behind the last: a record is seen when the "
        "transaction that saved it ends.",
    )
    requests: float = Field(
        default=30.0,
        ge=1,
        le=6000,
        description="Times a minute, at most, that the org is asked what Opportunities say: two "
        "API requests each, for up to 200 of them.",
    )


class LogSettings(_Section):
    """``BRIDGE_LOG__…``"""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least level to log."
    )


class Settings(BaseSettings):
    """Every setting of the bridge."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True
    )

    stripe: StripeSettings
    salesforce: SalesforceSettings
    store: StoreSettings = StoreSettings()
    http: HttpSettings = HttpSettings()
    booking: BookingSettings = BookingSettings()
    push: PushSettings = PushSettings()
    log: LogSettings = LogSettings()


class StoreOnly(BaseSettings):
    """What a command needs that looks only into the store."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True
    )

    store: StoreSettings = StoreSettings()


class SalesforceOnly(BaseSettings):
    """What a command needs that asks Salesforce alone."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True
    )

    salesforce: SalesforceSettings


def load(env_file: Path | None = Path(".env")) -> Settings:
    """Reads and checks every setting. Raises SettingsError."""
    _refuse_unknown(env_file)
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def load_store(env_file: Path | None = Path(".env")) -> StoreSettings:
    """Reads where the store is. Raises SettingsError."""
    _refuse_unknown(env_file)
    try:
        return StoreOnly(_env_file=env_file).store
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def load_salesforce(env_file: Path | None = Path(".env")) -> SalesforceSettings:
    """Reads how to get into the org. Raises SettingsError."""
    _refuse_unknown(env_file)
    try:
        return SalesforceOnly(_env_file=env_file).salesforce
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def variables() -> dict[str, str]:
    """Every variable that is understood, with its description."""
    return {
        f"{PREFIX}{section}__{name}".upper(): field.description or ""
        for section, outer in Settings.model_fields.items()
        if isinstance(outer.annotation, type) and issubclass(outer.annotation, _Section)
        for name, field in outer.annotation.model_fields.items()
    }


def _refuse_unknown(env_file: Path | None) -> None:
    given = {name.upper() for name in os.environ}
    if env_file is not None and env_file.is_file():
        given |= {name.upper() for name in dotenv_values(env_file)}
    known = variables()
    lines = []
    for name in sorted(given):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f": did you mean {near[0]}?" if near else ""
            lines.append(f"{name} is not a setting of the bridge{hint}")
    if lines:
        raise SettingsError("\n".join(lines))


def _explain(error: ValidationError) -> str:
    described = variables()
    lines = []
    # The input is left out on purpose: it may be a secret.
    for fault in error.errors(include_input=False, include_context=False, include_url=False):
        parts = [str(part) for part in fault["loc"] if isinstance(part, str)]
        name = PREFIX + "__".join(parts[:2]).upper()
        problem = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "missing" and len(parts) == 1:
            wanted = _required(parts[0])
            lines += [
                f"{name}__{field} is not set. {described[f'{name}__{field}']}" for field in wanted
            ]
        elif fault["type"] == "missing":
            lines.append(f"{name} is not set. {described.get(name, '')}")
        elif name in described:
            lines.append(f"{name}: {problem}. {described[name]}")
        else:
            lines.append(f"{name}__…: {problem}")
    return "\n".join(lines)


def _required(section: str) -> list[str]:
    model = Settings.model_fields[section].annotation
    if not (isinstance(model, type) and issubclass(model, _Section)):
        return []
    return [name.upper() for name, field in model.model_fields.items() if field.is_required()]


def web_address(value: str) -> str:
    """An address without a slash at its end. Raises ValueError unless it is safe to speak to."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an https:// address")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("must be https:// (http:// is for this machine only)")
    return value.rstrip("/")
