"""Speed, pacing and memory of a served fakeai against the project's targets; `python -m benchmarks` prints one table.

Measures the server from outside, over loopback, as a process of its own. Reads /proc and uses epoll: Linux only.
"""
