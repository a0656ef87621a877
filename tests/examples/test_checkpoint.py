"""checkpoint: a training run that is killed, again and again, ends as if it had not been."""
import os
import random
import signal
import subprocess
import tempfile
import time
import unittest

import program
import tap

EPOCHS = "60"


class Checkpoint(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def succeed(self, *arguments):
        done = program.run(program.CHECKPOINT, *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def test_killed_at_any_time(self):
        whole = self.succeed(self.path("whole"), EPOCHS)
        self.assertEqual(len(whole), int(EPOCHS))
        moments = random.Random(1)
        for _ in range(8):
            process = subprocess.Popen([program.CHECKPOINT, self.path("part"), EPOCHS], stdout=subprocess.DEVNULL)
            time.sleep(moments.uniform(0.0, 0.15))
            process.send_signal(signal.SIGKILL)
            process.wait()
        rest = self.succeed(self.path("part"), EPOCHS)
        if len(rest) > 1:
            self.assertEqual(rest[-1], whole[-1])
        self.assertEqual(self.content("part"), self.content("whole"))

    def test_more_epochs_later(self):
        whole = self.succeed(self.path("whole"), "9")
        first, rest = self.succeed(self.path("part"), "4"), self.succeed(self.path("part"), "9")
        self.assertEqual(first + rest, whole[:4] + ["going on after epoch 4"] + whole[4:])
        self.assertEqual(self.content("part"), self.content("whole"))

    def test_wrong_calls(self):
        for arguments in ([], ["a", "b"], ["a", "0"], ["a", "nan"], ["a", ""], ["a", "2", "3"]):
            with self.subTest(arguments):
                done = program.run(program.CHECKPOINT, *arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
        for path in ("/dev/full", self.folder, self.path("no/such/folder/file")):
            with self.subTest(path):
                done = program.run(program.CHECKPOINT, path, "2")
                self.assertEqual(done.returncode, 1)
                self.assertIn(path, done.stderr)

    def test_damaged_file_is_left_alone(self):
        with open(self.path("damaged"), "wb") as file:
            file.write(b"not a checkpoint")
        done = program.run(program.CHECKPOINT, self.path("damaged"))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Acheckpoint: \S+damaged: the header takes \d+ bytes, and 8 follow\n\Z")
        self.assertEqual(self.content("damaged"), b"not a checkpoint")


if __name__ == "__main__":
    tap.main()
