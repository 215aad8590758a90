import random
import socket
from pathlib import Path

from stackwright.sandbox.ports import Ports, is_free


def test_a_port_is_chosen_once_and_kept(tmp_path: Path) -> None:
    first = Ports(tmp_path / "ports.json").port("render")
    assert Ports(tmp_path / "ports.json").port("render") == first
    assert 20_000 <= first < 32_000


def test_two_names_never_share_a_port(tmp_path: Path) -> None:
    class Stubborn(random.Random):
        """Proposes each number twice."""

        turn = 0

        def randint(self, a: int, b: int) -> int:
            self.turn += 1
            return a + self.turn // 2

    ports = Ports(tmp_path / "ports.json", Stubborn())
    assert len({ports.port(name) for name in "abcd"}) == 4


def test_a_port_that_is_in_use_is_not_chosen(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        assert not is_free(taken)
    assert is_free(taken)


def test_a_released_port_is_forgotten(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    ports.port("a")
    ports.release("a")
    assert ports.all() == {}
