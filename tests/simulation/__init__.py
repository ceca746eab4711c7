"""A simulated bureau: people, faults and deaths by seed against the real tick, and a model that checks the promises.

    plan.py     what happens, as values: a seed and a profile give a list of actions
    world.py    the real parts (workbook, ledger, gateway, tick) with a clock, faults and deaths
    people.py   the actions, done at the workbook and on paper
    paper.py    what people own, followed cell by cell; knows nothing of the service
    clerk.py    what the service owes, worked out by hand
    checks.py   the promises of DESIGN section 12, held after quiet
    shrink.py   the shortest list of actions that still breaks a promise
    bugs.py     bugs put in by hand, to see that they are caught

``python -m tests.simulation`` runs ranges of seeds. ``paper.py``, ``clerk.py`` and ``checks.py`` import nothing of
``sync``.
"""
