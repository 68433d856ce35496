"""Publishing, and whose fault it is when it fails."""

import datetime as dt
from dataclasses import replace

import grpc
import pytest

from bridge.contract import CONTRACT_VERSION, STRIPE_EVENT_TOPIC, StripeEventMessage
from bridge.errors import (
    AllocationSpent,
    AuthFailed,
    LimitExceeded,
    OrgUnavailable,
    PackageMissing,
    PermissionDenied,
    PublishRefused,
)
from bridge.salesforce_api import Authenticator, PublishStatus, PubSub

REFUSED = PublishStatus.REFUSED
PUBLISHED = PublishStatus.PUBLISHED
NOON = dt.datetime(2026, 11, 2, 12, 0, 5, tzinfo=dt.UTC)


def payload(event_id="evt_1", rows="[]"):
    return StripeEventMessage(
        stripe_event_id=event_id,
        lane="cus_1",
        type="customer.updated",
        stripe_account=None,
        livemode=False,
        as_of=NOON,
        rows=rows,
    ).to_payload()


async def statuses(pubsub, payloads):
    return [outcome.status for outcome in await pubsub.publish(STRIPE_EVENT_TOPIC, payloads)]


async def test_an_event_arrives_with_every_field(org, pubsub):
    (outcome,) = await pubsub.publish(STRIPE_EVENT_TOPIC, [payload()])
    assert outcome.status is PUBLISHED
    (event,) = org.published
    assert event["Stripe_Event_Id__c"] == "evt_1"
    assert event["As_Of__c"] == int(NOON.timestamp() * 1000)
    assert event["Contract_Version__c"] == CONTRACT_VERSION
    assert event["Livemode__c"] is False
    assert event["Stripe_Account__c"] is None
    assert event["CreatedById"] == "005000000000001AAA"
    assert abs(event["CreatedDate"] / 1000 - dt.datetime.now(dt.UTC).timestamp()) < 60


async def test_a_backlog_takes_one_call_for_200_events(org, pubsub):
    assert await statuses(pubsub, [payload(f"evt_{i}") for i in range(450)]) == [PUBLISHED] * 450
    assert org.calls == [200, 200, 50]
    assert [event["Stripe_Event_Id__c"] for event in org.published][:3] == [
        "evt_0",
        "evt_1",
        "evt_2",
    ]


async def test_a_call_stays_under_3_mb(org, pubsub):
    rows = "x" * 130_000
    await pubsub.publish(STRIPE_EVENT_TOPIC, [payload(f"evt_{i}", rows) for i in range(50)])
    assert sum(org.calls) == 50
    assert max(org.calls) * 130_000 < 3_000_000


async def test_the_topic_and_schema_are_asked_for_once(org, pubsub):
    await pubsub.publish(STRIPE_EVENT_TOPIC, [payload()])
    del org.fields[STRIPE_EVENT_TOPIC]["Lane__c"]  # what a second look would find
    assert await pubsub.topic(STRIPE_EVENT_TOPIC) is await pubsub.topic(STRIPE_EVENT_TOPIC)


async def test_a_new_schema_is_fetched_and_the_events_published_by_it(org, pubsub):
    await pubsub.publish(STRIPE_EVENT_TOPIC, [payload("evt_1")])
    org.versions[STRIPE_EVENT_TOPIC] = 2
    org.fields[STRIPE_EVENT_TOPIC]["New__c"] = "string"
    assert await statuses(pubsub, [payload("evt_2"), payload("evt_3")]) == [PUBLISHED] * 2


async def test_one_bad_event_is_found_and_the_others_are_published(org, pubsub):
    def refuse_7(request):
        bad = any(b"evt_7 " in event.payload for event in request.events)
        return grpc.StatusCode.INVALID_ARGUMENT if bad else None

    org.on_publish = refuse_7
    outcomes = await statuses(pubsub, [payload(f"evt_{i} ") for i in range(20)])
    assert outcomes == [REFUSED if i == 7 else PUBLISHED for i in range(20)]
    ids = sorted(event["Stripe_Event_Id__c"] for event in org.published)
    assert ids == sorted(f"evt_{i} " for i in range(20) if i != 7)


async def test_when_every_event_is_refused_none_is_to_blame(org, pubsub):
    org.on_publish = lambda _: grpc.StatusCode.INVALID_ARGUMENT
    outcomes = await pubsub.publish(STRIPE_EVENT_TOPIC, [payload(f"evt_{i}") for i in range(4)])
    assert {outcome.status for outcome in outcomes} == {PublishStatus.NOT_SENT}
    assert isinstance(outcomes[0].fault, PublishRefused)


async def test_an_events_own_error_is_its_refusal(org, pubsub):
    org.on_publish = lambda _: "STRING_TOO_LONG: Type__c"
    (outcome,) = await pubsub.publish(STRIPE_EVENT_TOPIC, [payload()])
    assert (outcome.status, outcome.reason) == (REFUSED, "STRING_TOO_LONG: Type__c")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("LIMIT_EXCEEDED: hourly publishing limit", AllocationSpent),
        ("INVALID_FIELD: No such column Lane__c", PackageMissing),
        ("PLATFORM_EVENT_ENCRYPTION_ERROR: no key", PublishRefused),
        ("PLATFORM_EVENT_PUBLISHING_UNAVAILABLE: try later", OrgUnavailable),
    ],
)
async def test_an_orgs_error_blames_no_event(org, pubsub, said, fault):
    org.on_publish = lambda _: said
    (outcome,) = await pubsub.publish(STRIPE_EVENT_TOPIC, [payload()])
    assert outcome.status is PublishStatus.NOT_SENT
    assert isinstance(outcome.fault, fault)


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, PermissionDenied),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, LimitExceeded),
        (grpc.StatusCode.UNAUTHENTICATED, AuthFailed),
        (grpc.StatusCode.NOT_FOUND, PackageMissing),
    ],
)
async def test_a_clear_fault_of_the_org_sent_nothing(org, pubsub, status, fault):
    org.on_publish = lambda _: status
    (outcome,) = await pubsub.publish(STRIPE_EVENT_TOPIC, [payload()])
    assert outcome.status is PublishStatus.NOT_SENT
    assert isinstance(outcome.fault, fault)


@pytest.mark.parametrize(
    "status",
    [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNKNOWN,
    ],
)
async def test_after_an_unclear_fault_the_events_may_have_arrived(org, pubsub, status):
    await pubsub.topic(STRIPE_EVENT_TOPIC)
    org.on_publish = lambda _: status
    (outcome,) = await pubsub.publish(STRIPE_EVENT_TOPIC, [payload()])
    assert outcome.status is PublishStatus.UNKNOWN
    assert isinstance(outcome.fault, OrgUnavailable)


async def test_what_was_published_before_a_fault_keeps_its_result(org, pubsub):
    org.on_publish = lambda _: grpc.StatusCode.UNAVAILABLE if len(org.calls) == 2 else None
    outcomes = await statuses(pubsub, [payload(f"evt_{i}") for i in range(500)])
    assert outcomes == (
        [PUBLISHED] * 200 + [PublishStatus.UNKNOWN] * 200 + [PublishStatus.NOT_SENT] * 100
    )


async def test_an_ended_token_is_replaced_once(org, pubsub):
    await pubsub.publish(STRIPE_EVENT_TOPIC, [payload("evt_1")])
    org.tokens.clear()
    assert await statuses(pubsub, [payload("evt_2")]) == [PUBLISHED]
    assert org.tokens_given == 2


async def test_a_missing_package_is_named(org, pubsub):
    del org.fields[STRIPE_EVENT_TOPIC]
    (outcome,) = await pubsub.publish(STRIPE_EVENT_TOPIC, [payload()])
    assert isinstance(outcome.fault, PackageMissing)
    assert STRIPE_EVENT_TOPIC in str(outcome.fault)


async def test_an_older_package_is_told_by_the_field_it_lacks(org, pubsub):
    del org.fields[STRIPE_EVENT_TOPIC]["Contract_Version__c"]
    (outcome,) = await pubsub.publish(STRIPE_EVENT_TOPIC, [payload()])
    assert isinstance(outcome.fault, PackageMissing)
    assert "Contract_Version__c" in str(outcome.fault)


async def test_publishing_goes_on_after_the_org_was_down(org, pubsub):
    await pubsub.publish(STRIPE_EVENT_TOPIC, [payload("evt_1")])
    await org.go_down()
    assert await statuses(pubsub, [payload("evt_2")]) == [PublishStatus.UNKNOWN]
    await org.come_back()
    assert await statuses(pubsub, [payload("evt_3")]) == [PUBLISHED]


async def test_every_field_that_an_old_package_lacks_is_named(org, pubsub):
    for name in ("Lane__c", "Livemode__c"):
        del org.fields[STRIPE_EVENT_TOPIC][name]
    (outcome,) = await pubsub.publish(STRIPE_EVENT_TOPIC, [payload()])
    assert outcome.status is PublishStatus.NOT_SENT
    assert isinstance(outcome.fault, PackageMissing)
    assert "Lane__c, Livemode__c" in str(outcome.fault)


@pytest.mark.slow
async def test_what_a_new_schema_refuses_one_by_one_is_sent_by_the_new_one(salesforce):
    """Not the whole call is refused: each event says that its schema is another."""
    settings = salesforce.settings()
    authenticator = Authenticator(settings, salesforce.http)
    ca = settings.ca_file.read_bytes()
    client = PubSub(settings.pubsub_target, authenticator, ca=ca)
    try:
        assert await statuses(client, [payload("evt_1")]) == [PUBLISHED]
        name = STRIPE_EVENT_TOPIC.removeprefix("/event/")
        lane = salesforce.org.bus.event_type(name).find("Lane__c")
        salesforce.change(name, Lane__c=replace(lane, length=200))
        salesforce.change(name, New__c=replace(lane, name="New__c"))
        assert await statuses(client, [payload("evt_2"), payload("evt_3")]) == [PUBLISHED] * 2
    finally:
        await client.close()


async def test_after_a_lost_connection_a_new_token_tells_where_the_org_is(org, pubsub):
    await pubsub.topic(STRIPE_EVENT_TOPIC)
    org.on_publish = lambda _: grpc.StatusCode.UNAVAILABLE
    await pubsub.publish(STRIPE_EVENT_TOPIC, [payload()])
    org.on_publish = lambda _: None
    assert await statuses(pubsub, [payload()]) == [PUBLISHED]
    assert org.tokens_given == 2
