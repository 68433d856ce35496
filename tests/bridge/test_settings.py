"""Settings: what is wrong, which variable, what to do; and never a secret."""

from pathlib import Path

import pytest

from bridge.errors import SettingsError
from bridge.settings import load, load_store, variables

GOOD = {
    "BRIDGE_STRIPE__API_KEY": "sk_test_hunter2",
    "BRIDGE_STRIPE__WEBHOOK_SECRETS": "whsec_hunter3, whsec_hunter4",
    "BRIDGE_SALESFORCE__LOGIN_URL": "https://acme.my.salesforce.com",
    "BRIDGE_SALESFORCE__CLIENT_ID": "key",
    "BRIDGE_SALESFORCE__CLIENT_SECRET": "hunter5",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch):
    def use(**changes: str | None) -> None:
        for name, value in {**GOOD, **changes}.items():
            if value is not None:
                monkeypatch.setenv(name, value)

    return use


def refused(match: str) -> str:
    with pytest.raises(SettingsError, match=match) as caught:
        load(None)
    assert "hunter" not in str(caught.value)
    return str(caught.value)


def test_the_defaults_are_those_of_one_company_on_one_machine(environment):
    environment()
    settings = load(None)
    assert settings.stripe.secrets == ("whsec_hunter3", "whsec_hunter4")
    assert settings.stripe.mode is False
    assert settings.store.path == Path("bridge.db")
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8080)
    assert settings.salesforce.pubsub_target == "api.pubsub.salesforce.com:7443"


def test_no_secret_is_ever_printed(environment):
    environment()
    settings = load(None)
    assert "hunter" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_a_file_is_read_and_the_environment_goes_before_it(environment, tmp_path):
    environment(BRIDGE_HTTP__PORT="9000")
    file = tmp_path / ".env"
    file.write_text("BRIDGE_HTTP__PORT=1\nBRIDGE_HTTP__HOST=::1\nOTHER=ignored\n")
    http = load(file).http
    assert (http.host, http.port) == ("::1", 9000)


def test_each_missing_setting_is_named_with_what_it_is(monkeypatch):
    said = refused("BRIDGE_STRIPE__API_KEY is not set")
    for name in ("BRIDGE_STRIPE__WEBHOOK_SECRETS", "BRIDGE_SALESFORCE__CLIENT_ID"):
        assert f"{name} is not set. {variables()[name]}" in said


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("BRIDGE_STRIPE__APIKEY", "BRIDGE_STRIPE__API_KEY"),
        ("BRIDGE_STRIPE__WEBHOOK_SECRET", "BRIDGE_STRIPE__WEBHOOK_SECRETS"),
        ("BRIDGE_SALESFORCE_CLIENT_ID", "BRIDGE_SALESFORCE__CLIENT_ID"),
        ("bridge_store__ur", "BRIDGE_STORE__URL"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(environment, name, near):
    environment(**{name: "hunter6"})
    refused(f"{name.upper()} is not a setting of the bridge: did you mean {near}")


def test_an_unknown_name_in_the_file_is_refused(environment, tmp_path):
    environment()
    file = tmp_path / ".env"
    file.write_text("BRIDGE_NONSENSE=1\n")
    with pytest.raises(SettingsError, match="BRIDGE_NONSENSE"):
        load(file)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"BRIDGE_STRIPE__LIVEMODE": "true"}, "contradicts the API key, which is a test key"),
        ({"BRIDGE_STRIPE__API_KEY": "hunter"}, "LIVEMODE must be set"),
        ({"BRIDGE_STRIPE__WEBHOOK_SECRETS": " , "}, "BRIDGE_STRIPE__WEBHOOK_SECRETS"),
        ({"BRIDGE_STRIPE__ACCOUNT": "Acme"}, "BRIDGE_STRIPE__ACCOUNT"),
        ({"BRIDGE_STRIPE__API_BASE": "http://example.com"}, "must be https"),
        ({"BRIDGE_SALESFORCE__CLIENT_SECRET": None}, "set either CLIENT_SECRET"),
        (
            {"BRIDGE_SALESFORCE__LOGIN_URL": "https://login.salesforce.com"},
            "the org's own My Domain",
        ),
        ({"BRIDGE_SALESFORCE__PRIVATE_KEY_FILE": "/nowhere.pem"}, "there is no file /nowhere.pem"),
        ({"BRIDGE_SALESFORCE__PRIVATE_KEY_FILE": __file__}, "exclude each other"),
        (
            {
                "BRIDGE_SALESFORCE__CLIENT_SECRET": None,
                "BRIDGE_SALESFORCE__PRIVATE_KEY_FILE": __file__,
            },
            "needs USERNAME",
        ),
        ({"BRIDGE_SALESFORCE__ORG_ID": "Acme"}, "BRIDGE_SALESFORCE__ORG_ID"),
        ({"BRIDGE_SALESFORCE__PUBSUB_TARGET": "https://x"}, "BRIDGE_SALESFORCE__PUBSUB_TARGET"),
        ({"BRIDGE_SALESFORCE__PUBLISH_WITH": "rest"}, "PUBLISH_WITH can only be pubsub"),
        ({"BRIDGE_SALESFORCE__SUBSCRIBE_WITH": "rest"}, "BRIDGE_SALESFORCE__SUBSCRIBE_WITH"),
        ({"BRIDGE_SALESFORCE__PUBLISH_WITH": "pigeon"}, "BRIDGE_SALESFORCE__PUBLISH_WITH"),
        ({"BRIDGE_STORE__URL": "postgresql://u:p/w@h/db"}, "percent-encoded"),
        ({"BRIDGE_STORE__URL": "postgresql://x"}, "must name a host and a database"),
        ({"BRIDGE_STORE__URL": "bridge.db"}, "must be sqlite:///"),
        ({"BRIDGE_HTTP__PORT": "70000"}, "BRIDGE_HTTP__PORT"),
        ({"BRIDGE_BOOKING__TIME_ZONE": "Mars/Olympus"}, "IANA"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(environment, changes, said):
    environment(**changes)
    refused(said)


def test_every_variable_says_what_it_is():
    assert all(variables().values())
    assert "BRIDGE_BOOKING__COUNT_REPEATING_DISCOUNTS" in variables()


def test_looking_into_the_store_needs_no_other_setting(monkeypatch):
    monkeypatch.setenv("BRIDGE_STORE__URL", "sqlite:////var/lib/bridge.db")
    assert load_store(None).path == Path("/var/lib/bridge.db")
