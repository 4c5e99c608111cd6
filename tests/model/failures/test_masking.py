"""What is masked in a line, and what is not because it tells causes apart."""

import pytest

from batch_dashboard.model.failures.failure_groups import NO_ERROR_LINE, find_reason

RECIPE = "widget"

# Messages with one cause.
SAME = [
    (
        "Error: upload of 1,234 bytes failed with status 503",
        "Error: upload of 98 bytes failed with status 503",
    ),
    (
        "Error: image 1.5GiB exceeds the limit of 1GiB",
        "Error: image 2GiB exceeds the limit of 1.25GiB",
    ),
    (
        "Error: could not lock /var/lock/a.lock (pid 1234)",
        "Error: could not lock /run/user/1000/b.lock (pid 7)",
    ),
    (
        "Error: cannot read s3://bucket-a/key/x.tgz: AccessDenied",
        "Error: cannot read s3://other/y.tgz: AccessDenied",
    ),
    (
        "Error: cannot open \\\\server\\share\\a.lib",
        "Error: cannot open \\\\nas01\\build\\out\\b.lib",
    ),
    ("Error: pod w-7d9f8b6c5-x2x4z is not ready", "Error: pod w-5c4d3b2a1-q9q8r is not ready"),
    (
        "Error: mktemp /tmp/tmp.AbC123xYz failed: read-only file system",
        "Error: mktemp /tmp/tmp.Zz9 failed: read-only file system",
    ),
    ("Error: at 45% the transfer stopped", "Error: at 99.9% the transfer stopped"),
    # Numbers in a script that does not separate words, signed numbers, and numbers far apart.
    ("Error: 第3行 is invalid", "Error: 第12行 is invalid"),
    ("Error: offset of -5 ms is too large", "Error: offset of +1.5 s is too large"),
    (
        "Error: step 3 of the long plan that was made to build it failed after 12.5 s",
        "Error: step 14 of the long plan that was made to build it failed after 2 s",
    ),
    ("Error: the 3rd attempt was rejected", "Error: the 12th attempt was rejected"),
    ("Error: certificate expired on 2026-01-05", "Error: certificate expired on Jan 17 2025"),
    (
        "Error: certificate expired on 05/01/2026 10:11:12",
        "Error: certificate expired on 17 Mar 2024 01:02:03 GMT",
    ),
    (
        "Error: lease of [fe80::1%eth0]:8080 was lost: expired",
        "Error: lease of [2001:db8::7]:443 was lost: expired",
    ),
    (
        "Error: peer 10.0.0.1:51234 reset the connection",
        "Error: peer 192.168.10.200:80 reset the connection",
    ),
    (
        "Error: [pool-1-thread-3] queue is closed: rejected",
        "Error: [pool-12-thread-41] queue is closed: rejected",
    ),
    (
        "Error: job #1234 was rejected by the scheduler",
        "Error: job #98 was rejected by the scheduler",
    ),
    (
        "Error: build 4711 of 2026.01.05 is not signed",
        "Error: build 12 of 2025.12.24 is not signed",
    ),
    (
        "Error: release 1.2.3+build.5 is unknown to the index",
        "Error: release 2.0.0-rc.1 is unknown to the index",
    ),
    (
        "Error: token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_DEF-123 is expired",
        "Error: token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIyIn0.xyz_QRS-987 is expired",
    ),
    (
        "Error: role arn:aws:iam::123456789012:role/ci cannot be assumed",
        "Error: role arn:aws:iam::998877665544:role/ci cannot be assumed",
    ),
    (
        "java.lang.IllegalStateException: com.acme.Foo@1a2b3c4d is closed",
        "java.lang.IllegalStateException: com.acme.Foo@7f8e9d0 is closed",
    ),
    (
        "RuntimeError: <Foo object at 0x7f1122334455> is closed",
        "RuntimeError: <Foo object at 0x55aabbccdd> is closed",
    ),
    (
        "error: cannot find /t/target/debug/deps/libw-0a1b2c3d4e5f6071.rlib",
        "error: cannot find /home/q/target/release/deps/libw-ffeeddccbbaa0099.rlib",
    ),
    (
        "Error: disk usage 98% of /dev/sda1 exceeds 95%",
        "Error: disk usage 100% of /dev/nvme0n1p2 exceeds 90%",
    ),
    (
        "Error: commit 0a1b2c3 does not exist",
        "Error: commit ffeeddccbbaa99887766554433221100aabbccdd does not exist",
    ),
    (
        "Error: mail to jane.doe@example.org was rejected",
        "Error: mail to q+z@mail.example.net was rejected",
    ),
    (
        "Error: waited 30s for the lock of user build-7",
        "Error: waited 5m0s for the lock of user build-12",
    ),
    ("Error: waited 0:10:00 for the lock", "Error: waited 1:00:00 for the lock"),
    (
        "Error: request 123e4567-e89b-12d3-a456-426614174000 was denied",
        "Error: request 00000000-0000-4000-8000-000000000001 was denied",
    ),
    ("Error: range 0-1023 is invalid", "Error: range 4096-8191 is invalid"),
    (
        "Error: mac 00:1a:2b:3c:4d:5e is unknown here",
        "Error: mac ff:ee:dd:cc:bb:aa is unknown here",
    ),
    (
        "Error: port 8080 is already in use by process 12",
        "Error: port 3000 is already in use by process 31337",
    ),
    ("Error: 3 of 12 shards are missing", "Error: 1 of 4 shards are missing"),
    (
        "Error: version 1.2 of widget needs glibc 2.34 or newer, found 2.31",
        "Error: version 3.0 of widget needs glibc 2.38 or newer, found 2.17",
    ),
    (
        "Error: widget-1.2.tar.gz: signature could not be verified",
        "Error: widget-3.4.5.tar.xz: signature could not be verified",
    ),
    (
        "Error: could not move widget to /opt/widget-1.2/bin/widget",
        "Error: could not move widget to /usr/local/Cellar/widget/2.0_1/bin/widget",
    ),
    ("Error: wrong size: expected 1234, got 99", "Error: wrong size: expected 7, got 4096"),
    (
        "E: Version '1.2-3' for 'widget' was not found",
        "E: Version '4.5-6ubuntu1' for 'widget' was not found",
    ),
    (
        "error: archive is 12 days old, at most 7 allowed",
        "error: archive is 31 days old, at most 14 allowed",
    ),
    ("Error: took 12.3 s, more than 10 s", "Error: took 2 min 3 s, more than 1 min"),
    (
        "fatal: bad object 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "fatal: bad object ffeeddccbbaa99887766554433221100aabbccdd",
    ),
    (
        "Error: cannot connect to db-01.prod.example.org:5432: refused",
        "Error: cannot connect to db7.staging.example.net:6432: refused",
    ),
    (
        "Error: cannot connect to tcp://10.0.0.1:2375: refused",
        "Error: cannot connect to tcp://docker:2376: refused",
    ),
    (
        "2026-01-05 10:00:00 ERROR [main] the queue is full",
        "2026-02-15 23:01:07 ERROR [main] the queue is full",
    ),
    (
        "[10:00:00.123] [ERROR] [w] the queue is full",
        "[23:59:59.001] [ERROR] [w] the queue is full",
    ),
    (
        "ERROR 2026-01-05T10:00:00Z the queue is full",
        "ERROR 2026-03-09T11:12:13+02:00 the queue is full",
    ),
    (
        "Error: no space left on device: /dev/sda1 (0 B free)",
        "Error: no space left on device: /dev/vda3 (12 KB free)",
    ),
    (
        "C:/Users/runner/a.c(3): error C2143: syntax error",
        "D:/x y/b.c(31): error C2143: syntax error",
    ),
    ("Error: cannot stat '/Users/Jane Doe/a b/c.txt'", "Error: cannot stat '/home/q/z.txt'"),
    ('Error: cannot stat "C:\\Users\\Jane Doe\\a b\\c.txt"', 'Error: cannot stat "D:\\z.txt"'),
    (
        "Error: build of widget@1.2.3 was refused by policy 7",
        "Error: build of widget@4.5 was refused by policy 12",
    ),
    ("Error: 1 dependency is unresolved", "Error: 1 dependency is unresolved\n"),
    ("\x1b[1m\x1b[31merror\x1b[0m\x1b[1m: the queue is full\x1b[0m", "error: the queue is full"),
    ("error: the queue is full\r\n", "error: the queue is full\n\n"),
    ("##[error]the queue is full", "2026-01-05T10:00:00.0000000Z ##[error]the queue is full"),
    ("Error: timed out after 10 minutes", "Error: timed out after 1 hour"),
    ("Error: timed out after 600 seconds", "Error: timed out after 10m"),
    ("Error: timed out after 1.5h", "Error: timed out after 90 min"),
    ("Error: process 4242 was killed after 3600000 ms", "Error: process 1 was killed after 250 ms"),
]

# Messages with different causes.
DIFFERENT = [
    ("Error: got 404 from https://a.example.org/x", "Error: got 500 from https://a.example.org/x"),
    ("curl: (6) Could not resolve host: a", "curl: (7) Failed to connect to a port 443"),
    ("error: expected ';' before '}' token", "error: expected ')' before ';' token"),
    ("process killed by signal 9", "process killed by signal 11"),
    ("[Errno 2] No such file or directory: '/x'", "[Errno 13] Permission denied: '/x'"),
    ("error TS2307: Cannot find module 'a'.", "error TS2339: Property 'a' does not exist"),
    ("KeyError: 'version'", "KeyError: 'name'"),
    (
        "AttributeError: module 'numpy' has no attribute 'int'",
        "AttributeError: module 'numpy' has no attribute 'bool'",
    ),
    ("Error: exit code 137", "Error: exit code 139"),
    ("error: unknown option --frob", "error: unknown option --quux"),
    (
        "error: unrecognized command-line option '-fno-frob'",
        "error: unrecognized command-line option '-mquux'",
    ),
    ("ModuleNotFoundError: No module named 'a.b'", "ModuleNotFoundError: No module named 'a.c'"),
    ("/bin/sh: 1: cmake: not found", "/bin/sh: 1: meson: not found"),
    (
        'exec: "docker": executable file not found in $PATH',
        'exec: "podman": executable file not found in $PATH',
    ),
    (
        "fatal error: Python.h: No such file or directory",
        "fatal error: jni.h: No such file or directory",
    ),
    (
        "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
        "ImportError: libsndfile.so.1: cannot open shared object file: No such file or directory",
    ),
    (
        "ImportError: cannot import name 'soft_unicode' from 'markupsafe' (/t/x.py)",
        "ImportError: cannot import name 'Mapping' from 'collections' (/t/x.py)",
    ),
    ("NameError: name 'unicode' is not defined", "NameError: name 'reduce' is not defined"),
    (
        'Error: Could not find a package configuration file provided by "A"',
        'Error: Could not find a package configuration file provided by "B"',
    ),
    ("error: package foo does not exist", "error: package bar does not exist"),
    ("Error: unable to find library -lfoo", "Error: unable to find library -lbar"),
    (
        "E: Package 'libfoo' has no installation candidate",
        "E: Package 'libbar' has no installation candidate",
    ),
    (
        "Unable to locate executable file: go. Please verify",
        "Unable to locate executable file: node. Please verify",
    ),
    ("Error: Unable to resolve dependency 'foo'", "Error: Unable to resolve dependency 'bar'"),
    ("error: no such command: `fmt`", "error: no such command: `clippy`"),
    ("error: toolchain 'nightly' is not installed", "error: target 'wasm32' is not installed"),
    (
        "Missing required environment variable: FOO_TOKEN",
        "Missing required environment variable: BAR_KEY",
    ),
    (
        "Error: environment variable 'FOO' is not set",
        "Error: environment variable 'BAR' is not set",
    ),
    ("npm error code ERESOLVE\nnpm error a", "npm error code EPERM\nnpm error b"),
    (
        "make: *** No rule to make target 'install'.  Stop.",
        "make: *** No rule to make target 'check'.  Stop.",
    ),
    ("configure: error: Need GNU make", "configure: error: Need bison"),
    ("TypeError: x is not a function", "TypeError: x is not iterable"),
    ("Error: connect ECONNREFUSED 127.0.0.1:80", "Error: connect ETIMEDOUT 127.0.0.1:80"),
    ("OSError: [Errno 28] No space left on device", "OSError: [Errno 24] Too many open files"),
    ('ERROR: relation "a" does not exist', 'ERROR: permission denied for relation "a"'),
    (
        "error: Your local changes to the following files would be overwritten by merge:\n\ta",
        "error: The following untracked working tree files would be overwritten by merge:\n\ta",
    ),
    ("HTTP 401 Unauthorized", "HTTP 403 Forbidden"),
    ("status code: 429, request id: abc", "status code: 500, request id: abc"),
    (
        "x509: certificate signed by unknown authority",
        "x509: certificate has expired or is not yet valid",
    ),
    ("error NU1101: Unable to find package A", "error NU1101: Unable to find package B"),
    (
        "LINK : fatal error LNK1104: cannot open file 'a.lib'",
        "LINK : fatal error LNK1104: cannot open file 'b.lib'",
    ),
    (
        "error[E0277]: the trait bound `A: B` is not satisfied",
        "error[E0382]: borrow of moved value: `a`",
    ),
    (
        "panic: runtime error: invalid memory address or nil pointer dereference",
        "panic: runtime error: slice bounds out of range [5:3]",
    ),
    ("The operation was canceled.", "The job was not started because the account is locked: error"),
    ("java.lang.OutOfMemoryError: Java heap space", "java.lang.OutOfMemoryError: Metaspace"),
    ("java.lang.NoClassDefFoundError: org/a/B", "java.lang.NoClassDefFoundError: org/c/D"),
    ("java.lang.ClassNotFoundException: org.a.B", "java.lang.ClassNotFoundException: org.c.D"),
    ("java.lang.NoSuchMethodError: 'void a.B.c()'", "java.lang.NoSuchMethodError: 'int d.E.f()'"),
    (
        "error: implicit declaration of function 'f' is invalid in C99",
        "error: incompatible pointer types passing 'a' to 'b'",
    ),
    ("dependency 'zlib' not found", "dependency 'openssl' not found"),
    (
        "Error: widget: no bottle available for linux",
        "Error: widget: no bottle available for macos",
    ),
]


def group_of(message: str) -> str:
    return find_reason(message, RECIPE).masked_line


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_varies_between_occurrences_is_masked(one: str, other: str) -> None:
    assert group_of(one) == group_of(other) != NO_ERROR_LINE


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_tells_causes_apart_is_not_masked(one: str, other: str) -> None:
    assert group_of(one) != group_of(other)
    assert NO_ERROR_LINE not in (group_of(one), group_of(other))
