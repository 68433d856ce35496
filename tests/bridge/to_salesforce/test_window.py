"""Which events go together after some were lost: good ones arrive, only a bad one is dead."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.clock import Backoff
from bridge.to_salesforce.window import Lost, Window

WHOLE, MOST = 16, 64
PAUSE = Backoff(first=1.0, longest=60.0)
LATER = 50.0
TIMEOUT = 10.0


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class World:
    """An inbox, a bus and a trigger that takes what is there in one transaction a partition."""

    def __init__(self, events: int, dies: Callable[[list[int], float], bool], partitions: int = 1):
        self.clock = Clock()
        self.window = Window(WHOLE, MOST, PAUSE, self.clock)
        self.dies = dies
        self.partitions = partitions
        self.due = dict.fromkeys(range(events), self.clock.now)
        self.flying: dict[int, float] = {}
        self.applied: set[int] = set()
        self.dead: set[int] = set()
        self.biggest_in_doubt = 0

    def publish(self) -> bool:
        room = self.window.room(len(self.flying))
        ready = sorted((at, n) for n, at in self.due.items() if at <= self.clock.now)
        batch = [n for _, n in ready[: max(0, min(room, WHOLE))]]
        if not batch:
            return False
        back = self.window.put_back(list(map(str, batch)), len(self.flying))
        for n in batch:
            if str(n) in back:
                self.due[n] = self.clock.now - 1e9
        going = [n for n in batch if str(n) not in back]
        if not going:
            return True
        if not self.window.is_closed:
            assert not self.flying
            assert len(going) <= self.window.limit
        self.window.publishes([str(n) for n in going])
        for n in going:
            del self.due[n]
            self.flying[n] = self.clock.now + TIMEOUT
        self.deliver(going)
        return True

    def deliver(self, going: list[int]) -> None:
        for partition in range(self.partitions):
            together = [n for n in going if n % self.partitions == partition]
            if together and not self.dies(together, self.clock.now):
                self.applied.update(together)
                for n in together:
                    del self.flying[n]
                self.window.heard({str(n) for n in together})

    def chase(self) -> None:
        late = [n for n, at in self.flying.items() if at <= self.clock.now]
        if not late:
            return
        verdicts = self.window.lost([str(n) for n in late])
        for n in late:
            del self.flying[n]
            match verdicts[str(n)]:
                case Lost.DEAD:
                    self.dead.add(n)
                case Lost.LATER:
                    self.due[n] = self.clock.now + LATER
                case Lost.FIRST:
                    self.due[n] = self.clock.now - 1e9

    def run(self, seconds: float) -> None:
        end = self.clock.now + seconds
        while self.clock.now < end and (self.due or self.flying):
            while self.publish():
                pass
            self.clock.now += 1.0
            self.chase()


@settings(max_examples=25, deadline=None)
@given(
    events=st.integers(2, 60),
    bad=st.sets(st.integers(0, 59), max_size=4),
    fits=st.integers(1, 20),
    partitions=st.sampled_from([1, 4]),
)
def test_good_events_all_arrive_and_only_bad_ones_are_dead(events, bad, fits, partitions):
    """A transaction dies that holds a bad event, or more events than fit."""
    bad = {n for n in bad if n < events - 1}  # the last one, at least, arrives
    world = World(events, lambda ns, _: bool(bad & set(ns)) or len(ns) > fits, partitions)
    world.run(10_000)
    assert world.applied == set(range(events)) - bad
    # One bad event after the other is alone with those that were good, or nothing can tell.
    assert world.dead <= bad


def test_a_bad_event_is_dead_once_others_have_arrived_alone_between():
    late = iter(range(100, 200))
    world = World(40, lambda ns, _: 7 in ns)
    for _ in range(60):
        world.run(100)
        world.due[next(late)] = world.clock.now
    assert world.dead == {7}
    assert world.applied >= set(range(40)) - {7}


@settings(max_examples=30, deadline=None)
@given(events=st.integers(1, 30), hours=st.floats(0.1, 3.0), begins=st.floats(0, 100))
def test_where_nothing_arrives_nobody_is_to_blame(events, hours, begins):
    start = 1_000.0 + begins
    world = World(events, lambda _, now: start <= now < start + hours * 3600)
    for n in range(events):
        world.due[n] += n * 5.0
    world.run(hours * 3600 + 20_000)
    assert not world.dead
    assert world.applied == set(range(events))


@settings(max_examples=30, deadline=None)
@given(up=st.integers(100, 900), down=st.integers(1, 900), events=st.integers(1, 20))
def test_an_org_that_comes_and_goes_costs_time_and_no_event(up, down, events):
    world = World(events, lambda _, now: now % (up + down) < down)
    world.run(100_000)
    assert not world.dead
    assert world.applied == set(range(events))


def test_after_a_loss_the_oldest_goes_alone_then_ever_more_until_the_window_is_closed():
    clock = Clock()
    window = Window(WHOLE, MOST, PAUSE, clock)
    assert (window.room(0), window.room(60), window.is_closed) == (64, 4, True)
    assert window.lost(["a", "b"]) == {"a": Lost.FIRST, "b": Lost.FIRST}
    assert window.room(0) == 0
    clock.now += 1
    sizes = []
    while not window.is_closed:
        assert window.room(1) == 0
        sizes.append(window.room(0))
        window.publishes([str(n) for n in range(sizes[-1])])
        window.heard({str(n) for n in range(sizes[-1])})
    assert sizes == [1, 2, 4, *[8] * 9]
    assert window.room(0) == MOST


def test_what_does_not_fit_is_not_tried_again_at_once():
    world = World(200, lambda ns, _: len(ns) > 5)
    world.run(300)
    deaths = world.window._failures
    assert len(world.applied) > 100
    assert deaths <= 1
    world.run(2_000)
    assert len(world.applied) == 200


def test_events_that_were_not_published_prove_nothing():
    clock = Clock()
    window = Window(WHOLE, MOST, PAUSE, clock)
    window.lost(["a"])
    clock.now += 1
    assert window.room(0) == 1
    window.publishes(["a"])
    window.not_published(["a"])
    assert window.room(0) == 1
    window.publishes(["a"])
    assert window.room(0) == 2  # somebody else heard of it: nothing is in flight any more


def test_a_suspect_is_owed_a_turn_of_its_own():
    clock = Clock()
    window = Window(WHOLE, MOST, PAUSE, clock)
    window.lost(["a"])
    clock.now += 1
    window.room(0)
    window.publishes(["a"])
    assert window.lost(["a"]) == {"a": Lost.LATER}
    clock.now += 2
    for size in (1, 2, 4, 8):
        assert window.room(0) == size
        window.publishes([str(n) for n in range(size)])
    assert window.room(0) == MOST
    assert window.put_back(["a", "b"], 0) == {"a"}
    window.publishes(["b"])
    assert window.room(1) == 0
    assert window.room(0) == 1
    assert window.put_back(["a"], 0) == frozenset()
    window.publishes(["a"])
    assert window.room(1) == 0  # nothing beside it
    window.heard(["a"])
    assert window.room(0) == MOST
    assert window.put_back(["a", "b"], 0) == frozenset()


def test_what_is_held_against_an_event_is_dropped_when_another_suspect_arrives_after_all():
    clock = Clock()
    window = Window(WHOLE, MOST, PAUSE, clock)

    def goes_alone(event_id, arrives):
        clock.now += 100
        while window.room(0) != 1:  # a turn of its own
            window.put_back(["a", "b", "c"], 0)
        window.publishes([event_id])
        return window.heard([event_id]) if arrives else window.lost([event_id])[event_id]

    window.lost(["a", "b"])
    assert goes_alone("a", arrives=False) is Lost.LATER
    assert goes_alone("b", arrives=False) is Lost.LATER
    goes_alone("c", arrives=True)
    assert goes_alone("a", arrives=False) is Lost.LATER
    goes_alone("b", arrives=True)  # it had been lost as a was
    assert goes_alone("a", arrives=False) is Lost.LATER
    goes_alone("c", arrives=True)
    assert goes_alone("a", arrives=False) is Lost.LATER
    goes_alone("c", arrives=True)
    assert goes_alone("a", arrives=False) is Lost.DEAD


def test_unproven_losses_blame_nobody():
    clock = Clock()
    window = Window(WHOLE, MOST, PAUSE, clock)
    window.lost(["a"])
    for n in range(20):
        clock.now += 100
        window.room(0)
        window.publishes(["a"])
        assert window.lost(["a"], proven=False) == {"a": Lost.LATER}
        clock.now += 100
        window.room(0)
        window.publishes([f"b{n}"])
        window.heard([f"b{n}"])


def test_a_paused_window_lets_nothing_through():
    window = Window(WHOLE, MOST, PAUSE, Clock())
    window.is_paused = True
    assert (window.room(0), window.limit) == (0, 0)
    window.is_paused = False
    assert (window.room(0), window.limit) == (MOST, MOST)
