"""Totals of a `meson test` run, from its testlog.json: passed, failed and skipped, every TAP subtest counted."""
import json
import re
import sys

passed = failed = skipped = 0
for line in open(sys.argv[1], encoding="utf-8"):
    test = json.loads(line)
    points = re.findall(r"^(not ok|ok)\b(.*)$", test.get("stdout", ""), re.MULTILINE)
    if points and test["result"] != "SKIP":
        for verdict, rest in points:
            if re.search(r"#\s*skip", rest, re.IGNORECASE):
                skipped += 1
            elif verdict == "ok":
                passed += 1
            else:
                failed += 1
        if test["result"] not in ("OK", "EXPECTEDFAIL") and not any(v == "not ok" for v, _ in points):
            failed += 1  # died after its last point
    elif test["result"] == "SKIP":
        skipped += 1
    elif test["result"] in ("OK", "EXPECTEDFAIL"):
        passed += 1
    else:
        failed += 1
print(passed, failed, skipped)
