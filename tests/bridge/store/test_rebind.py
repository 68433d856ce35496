"""What a store is bound to can be read, and changed on purpose."""

from bridge.store import Cursor


async def test_a_new_store_is_bound_to_nothing(inbox):
    assert await inbox.bound() == {}


async def test_what_was_bound_first_stays(inbox):
    assert await inbox.bind("salesforce org", "00D1") == "00D1"
    assert await inbox.bind("salesforce org", "00D2") == "00D1"
    assert await inbox.bind("stripe mode", "test") == "test"
    assert await inbox.bound() == {"salesforce org": "00D1", "stripe mode": "test"}


async def test_rebinding_forgets_the_places_that_it_names(inbox):
    await inbox.bind("salesforce org", "00D1")
    for topic in ("receipts", "requests", "stripe:events"):
        await inbox.set_cursor(Cursor(topic, b"7"))
    await inbox.rebind("salesforce org", "00D2", forget=("receipts", "requests"))
    assert await inbox.bound() == {"salesforce org": "00D2"}
    assert await inbox.get_cursor("receipts") is None
    assert await inbox.get_cursor("requests") is None
    assert await inbox.get_cursor("stripe:events") == b"7"
