"""How far a film is."""

from fakeai.services.videos.progress import at, completed, failed

ROW = {"id": "video_1", "status": "queued", "progress": 0, "error": None, "_begins": 100.0, "_ends": 110.0}


def test_a_film_waits_and_then_grows_and_is_never_done_by_itself() -> None:
    told = [(at(ROW, now)["status"], at(ROW, now)["progress"]) for now in (99.0, 100.0, 102.55, 109.9, 500.0)]
    assert told == [("queued", 0), ("in_progress", 0), ("in_progress", 25), ("in_progress", 99), ("in_progress", 99)]


def test_nothing_private_is_told() -> None:
    assert not [name for now in (0.0, 105.0) for name in at(ROW, now) if name.startswith("_")]


def test_what_is_done_or_failed_stays_so() -> None:
    done = completed(ROW, 111.5, 60.0)
    assert (done["status"], done["progress"], done["completed_at"], done["expires_at"]) == ("completed", 100, 111, 171)
    assert at(done, 105.0)["status"] == "completed"
    wrong = failed(ROW, "c", "m")
    assert at(wrong, 105.0)["status"] == "failed"
    assert wrong["error"] == {"code": "c", "message": "m"}
