"""The solvers' processes: only the answer to the question that was asked is believed, and one that never started is no judge."""

import json
import os
import sys
import threading

import pytest

from convt._derive import children, judges
from convt._derive.errors import ChildFailed
from convt._derive.form import symbols
from convt._derive.judges import enumerate as enumeration
from convt._derive.judges import isl, smt
from convt._derive.logic import Le
from convt._derive.statement import Statement, Variable

pytestmark = pytest.mark.skipif(not smt.installed(), reason="needs the extra smt")
FALSE, TRUE = "(set-logic ALL)\n(assert true)", "(set-logic ALL)\n(assert false)"  # what a solver refutes and proves
x = symbols("x")
SMALL = Statement((Variable(x, 0, 3),), (), Le(x, 5))  # false, and enumeration does not reach the counterexample
SURE = Statement((Variable(x, 0, 3),), (), Le(x, x))


@pytest.fixture
def worker():
    made = smt.Worker(smt.installed()[0])
    yield made
    made.stop()


def fake(monkeypatch, body, greet=True):
    """A solver that runs ``body`` for each question (a dict ``q``), with ``say(outcome, tag)`` to answer."""
    source = f"""
import json, os, sys
def say(outcome, tag, **more):
    print(json.dumps({{"tag": tag, "outcome": outcome, "model": {{"v0": 9}} if outcome == "refuted" else None, "detail": "",
                      "milliseconds": 1.0}} | more), flush=True)
if {greet}:
    print(json.dumps({{"ready": sys.argv[1], "version": "0"}}), flush=True)
for line in sys.stdin:
    q = json.loads(line)
    {body}
"""
    monkeypatch.setattr(children, "command", lambda module, *words, **_: [sys.executable, "-c", source, *words])


@pytest.mark.parametrize(("broken", "error"), [("isl", KeyboardInterrupt), pytest.param("enumerate", KeyboardInterrupt, marks=pytest.mark.slow),
                                                pytest.param("isl", RuntimeError, marks=pytest.mark.slow)])
def test_what_was_asked_before_an_interrupt_answers_nothing_later(monkeypatch, broken, error):
    module = isl if broken == "isl" else enumeration
    honest = module.judge

    def interrupted(statement):
        raise error

    monkeypatch.setattr(module, "judge", interrupted)
    with pytest.raises(error):
        judges.judge_all([SURE, SURE, SURE])
    monkeypatch.setattr(module, "judge", honest)
    verdict = judges.judge(SMALL)
    assert verdict.outcome == "refuted" and {o.judge for o in verdict.opinions if o.outcome == "refuted"} == {"isl", *smt.installed()}


@pytest.mark.slow
def test_an_interrupt_between_two_solvers_leaves_nothing(monkeypatch):
    honest, asked = smt.Worker.ask, []

    def second(self, *arguments):
        asked.append(self.name)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return honest(self, *arguments)

    monkeypatch.setattr(smt.Worker, "ask", second)
    with pytest.raises(KeyboardInterrupt):
        judges.judge_all([SURE, SURE])
    monkeypatch.setattr(smt.Worker, "ask", honest)
    assert judges.judge(SMALL).outcome == "refuted"


def test_answers_that_nobody_collects_go_to_no_other_question(worker):
    abandoned = [worker.ask(TRUE, []) for _ in range(5)]
    assert worker.ask(FALSE, [])().outcome == "refuted"
    assert [collect().outcome for collect in reversed(abandoned)] == ["proved"] * 5


def test_a_solver_that_is_killed_is_undecided_and_replaced(worker):
    assert worker.ask(TRUE, [])().outcome == "proved"
    first = worker.child
    children.kill(first.process)
    opinions = [worker.ask(TRUE, [])().outcome for _ in range(3)]
    assert set(opinions) <= {"undecided", "proved"} and opinions[-1] == "proved" and worker.child is not first
    children.kill(worker.child.process)
    worker.child.process.wait()
    assert worker.ask(TRUE, [])().outcome == "proved"
    nonsense = worker.ask("(assert (= nonsense 1))", [])()
    assert nonsense.outcome == "undecided" and nonsense.detail


@pytest.mark.slow
def test_a_slow_solver_is_undecided_when_its_time_is_up(worker):
    hard = "(set-logic ALL)\n(declare-const a Int)(declare-const b Int)(declare-const c Int)\n" \
           "(assert (and (> a 1) (> b 1) (> c 1) (= (+ (* a a a) (* b b b)) (* c c c))))"
    slow, behind = worker.ask(hard, [], seconds=0.3), worker.ask(TRUE, [])
    assert slow().outcome == behind().outcome == "undecided"
    assert worker.ask(TRUE, [])().outcome == "proved"


LOSES_STEP = {
    "garbage on its standard output": "print('proved', flush=True)",
    "an answer that is no object": "print('[1, 2]', flush=True)",
    "an answer without a tag": "print(json.dumps({'outcome': 'proved'}), flush=True)",
    "an answer to another question": "say('proved', 'f' * 16)",
    "the tag of the question before": "say('proved', globals().get('before', 'none')); before = q['tag']",
    "an outcome that there is not": "say('true', q['tag'])",
    "a counterexample without its point": "say('refuted', q['tag'], model=None)",
    "a counterexample for other variables": "say('refuted', q['tag'], model={})",
    "a proof with a counterexample": "say('proved', q['tag'], model={'v0': 1})",
    "an answer of another kind": "print(json.dumps({'tag': q['tag'], 'outcome': 'proved', 'forged': True}), flush=True)",
    "no answer but its end": "os._exit(0)",
    "a binary mess": "sys.stdout.buffer.write(bytes(range(128, 256)) + b'\\n'); sys.stdout.flush()",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", LOSES_STEP)
def test_a_solver_that_loses_step_is_never_believed(monkeypatch, worker, what):
    fake(monkeypatch, LOSES_STEP[what])
    for _ in range(2):
        opinion = worker.ask(TRUE, ["x"])()
        assert opinion.outcome == "undecided" and opinion.detail


def test_a_solver_that_answers_twice_is_believed_once(monkeypatch, worker):
    """The second answer belongs to no question: it neither answers the next one nor is that solver asked again."""
    fake(monkeypatch, "say('refuted', q['tag']); say('proved', q['tag'])")
    for _ in range(3):
        assert worker.ask(TRUE, ["x"])().outcome in ("refuted", "undecided")


def test_an_answer_before_the_question_answers_nothing(monkeypatch, worker):
    fake(monkeypatch, "", greet=False)
    forged = json.dumps({"tag": "0" * 16, "outcome": "proved", "model": None, "detail": "", "milliseconds": 1.0})
    source = f"import sys\nprint('noise')\nprint('{{\"ready\": \"{worker.name}\"}}', flush=True)\nprint('''{forged}''', flush=True)\nsys.stdin.read()"
    monkeypatch.setattr(children, "command", lambda module, *words, **_: [sys.executable, "-c", source])
    assert worker.ask(TRUE, [])().outcome == "undecided"


CANNOT_START = {
    "the solver cannot be imported": ("import sys; raise ImportError('libz3.so: cannot open shared object file')", "libz3.so: cannot open"),
    "it greets as another": ("print('{\"ready\": \"other\"}', flush=True)", "could not start"),
    "it ends at once": ("", "the solver ended"),
}


@pytest.mark.slow
@pytest.mark.parametrize("why", CANNOT_START)
def test_a_judge_that_could_not_start_is_no_verdict(monkeypatch, why):
    source, message = CANNOT_START[why]
    smt.restart()
    monkeypatch.setattr(children, "command", lambda module, *words, **_: [sys.executable, "-c", source])
    with pytest.raises(ChildFailed, match=message):
        judges.judge(SURE)
    monkeypatch.undo()
    assert judges.judge(SURE).outcome == "proved"


@pytest.mark.slow
def test_an_interpreter_that_cannot_be_run_is_no_verdict(monkeypatch):
    smt.restart()
    monkeypatch.setattr(children, "command", lambda module, *words, **_: ["/nonexistent/python"])
    with pytest.raises(ChildFailed, match="/nonexistent/python"):
        judges.judge(SURE)


def test_solvers_that_are_not_installed_are_absent(monkeypatch):
    monkeypatch.setattr(smt, "installed", lambda: ())
    verdict = judges.judge(SURE)
    assert verdict.outcome == "proved" and verdict.judges == ("isl", "enumerate")


@pytest.mark.slow
def test_many_threads_get_the_answers_to_their_own_questions():
    wrong = []

    def ask(number):
        for k in range(6):
            bound = 10 * number + k
            statement = Statement((Variable(x, 0, 3),), (Le(x, bound),), Le(x, bound - (number + k) % 2))
            outcome = judges.judge(statement).outcome
            if outcome != ("refuted" if (number + k) % 2 else "proved"):
                wrong.append((number, k, outcome))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_has_solvers_of_its_own_whatever_the_parent_is_doing():
    """Forked while another thread judges: the child neither waits for that thread nor reads its answers."""
    judges.judge(SURE)
    with judges._one_at_a_time:
        child = os.fork()
        if child == 0:
            good = judges.judge(SMALL).outcome == "refuted" and judges.judge(SURE).outcome == "proved"
            smt.restart()
            os._exit(0 if good else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert judges.judge(SMALL).outcome == "refuted"
