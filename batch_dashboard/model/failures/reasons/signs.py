"""The words and phrases by which lines of a failure message are classified.

All are in lower case and are looked for in lines in lower case. `START_…` are expressions for the
beginning of a line, `…_PHRASES` are plain texts anywhere in it.
"""

import re

from batch_dashboard.model.failures.reasons.expressions import alternatives, any_phrase

# A line without any of these is not looked at further. One expression whose alternatives begin
# with different letters is the quickest way to find them.
CLUES = re.compile(
    r"a(?:bort|lready|ssert)|b(?:ad |roken)"
    r"|c(?:a(?:n't|nnot|ncel|used by)|o(?:nflict|re dump|rrupt|uld not|uldn't)|rash|url: \()"
    r"|d(?:e(?:adline|nied)|uplicate)|e(?:rr(?:or|!|_|eur)|x(?:ce(?:ption|ed)|it|pected|pired))"
    r"|f(?:a(?:il|tal)|ehler|orbidden)|h(?:as no |eap space|ttp(?:/[\d.]+)? [45])"
    r"|i(?:llegal|n(?:compatible|correct|sufficient|valid))|kill"
    r"|m(?:alformed|emory|is(?:match|sing)|ultiple def)"
    r"|n(?:'t |eeded|o(?:t |t-|thing | m| such| space| rule| package| targets| suitable))|panic"
    r"|re(?:fused|jected|quire|set by)|s(?:egmentation|ignal|tatus(?: code)?\W{1,2}[45])"
    r"|t(?:erminate(?:d| called)|here (?:is|are) no |ime(?:d )?out|oo (?:few|large|long"
    r"|many)|raceback)"
    r"|un(?:able|author|avail|bound|caught|dec|def|expected|handled|known|met |reach|recogni|res"
    r"|satisf|supported|terminated|initiali)|changed sig|significant warn|only supp|supports only"
    r"|out of date|, but |\*\* \(|\.\.\. (?:warn|note)|:\d+: "
)


def _starts(*expressions: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{expression})" for expression in expressions))


# ---- Lines that are about no error ----

START_CODE = _starts(
    r"(?:throw|raise|return|import|from|assert|def|if|for|const|let|var|int|static|void) .*[({;=]"
)
START_NOISE = _starts(
    # Stack frames.
    r"at [\w$.<>\[\]/@-]+[ (]*[(:<]|at (?:\S+:\d+|async |new |/|file:)",
    r"file \"[^\"]*\", line \d|from \S+:\d+|#\d+ +(?:0x|\S+ ?\()|\d+: +(?:0x|\S+::)",
    r"\S+:\d+:in [`'][^'`]*'$",
    r"goroutine \d|created by |\.{3} \d+ (?:more|common)|node:|node\.js v|\d+\. +[├└│]",
    r"caused: |(?:stack ?|back)trace:|stack backtrace|require stack|calls: ",
    # Source code.
    r"\d+ *\||[~^ ]+$|in file included from |from \S+[,:]\d|\S+: (?:in |at (?:top|global) )",
    # Shell traces.
    r"\++ \S|(?:set -|cd |export )",
    # Other levels than errors, and advice.
    r"[\[(<]?(?:warn(?:ing)?|info|debug|trace|notice|note|hint|help|tip)s?\b(?!, treated as error)",
    r"(?:gyp )?(?:info|verb) |find (?:python|vs)\b|error: usage",
    r"= (?:note|help)\b|deprecat\w+ ",
    r"(?:see|for (?:more|further|details|help)|please|to |try |run |use |if |did you|you |usage)\b",
    r"(?:there (?:is|are) likely|consider|options|learn more|read more|report |perhaps|maybe)\b",
    r"(?:check (?:that|your|whether|if)|make sure|suggestion|alternatively|or |a complete log)\b",
    r"(?:this (?:is|may|might|error (?:orig|is us))|in order to|when |additional|fix |remove )\b",
    r"-{1,2}[a-z][\w-]*(?:[ ,=]|$)",
    # npm's lines about the run, not the error.
    r"(?:path|cwd|errno|syscall|command|node|npm|dest|stack|signal|spawnargs) +[^:]*$",
    r"\S+@\d\S* [\w:-]+: [`'\"]|workspace \S+@[\d.]+$|location \S+$"
    r"|file (?:sh|bash|cmd|\S*[/\\]\S*)$",
    # Progress.
    r"(?:compil|download|fetch|install|unpack|build|link|generat|collect|extract|resolv|check|creat"
    r"|prepar|process|set|select|read|us|add|updat|runn?|execut|enter|leav|start|finish|load|look"
    r"|search|test|perform|skipp|ignor|retry|wait|clean|remov|replac|verify|pull|push|clon|patch"
    r"|restor|scann|analy[sz]|configur|copy|writ|mov|receiv|sav|upload|trying)(?:ing|ed)(?=:?\s)"
    r"(?!.*(?:error|mismatch|corrupt|fail|cannot|can't|could not|unable|denied|refused"
    r"|no such|timed out|fatal)\b)",
    r"(?:get|hit|ign):\d",
    # The position at which an exception was raised, and the values of an assertion.
    r"\S+:\d+: \w*(?:error|exception)$|\+ +(?:where|and) ",
    r"[`'\"]?(?:expected|actual|received|left|right|got|want)(?:[`'\"]|\[[\d:]+\])*\s*[:|](?:\s|$)",
    # The place of a log, where something was searched, the signal of an exception in Go.
    r"['\"]?\S+\.log['\"]?\W*$|plugin repositories\b|\[signal sig\w+: |go: (?:finding|found) ",
    r"after correcting\b|mvn [<-]|do not report\b|lifecycle scripts? .*:$|npm (?:error|err!) *$",
    # Success.
    r"[✅✓✔√☑]|(?:ok|pass|passed|success\w*)\b|\[ *(?:ok|pass|passed|done) *\]",
    r"(?:\d+ )?no (?:errors?|failures?|problems?|issues?)\b|0 (?:errors?|failed|failures?)\b",
)
# The command line of a compiler or linker.
START_COMPILER = _starts(
    r"(?:\S*/)?(?:ccache |libtool: (?:compile|link): +)?(?:[\w.-]+-)?"
    r"(?:cc|gcc|g\+\+|c\+\+|clang|clang\+\+|cl|cl\.exe|ld|ar|rustc|javac|gfortran|nvcc)(?:-\d+)? -",
)
NOISE_PHRASES = (
    *("warning:", "warning(", ": warning ", ": note:", "[info]", "[debug]"),
    *("conftest.", ": required from"),
)
# A count of zero, unless the same line contains another count.
NO_FAILURES = re.compile(
    r"(?<![\w.])(?:0|no) (?:errors?|failures?|failed)\b(?!.*[1-9]\d* (?:error|fail))"
    r"|\b(?:errors?|failures?|failed)[:=] ?0\b(?!.*(?:error|fail)\w*[:=] ?[1-9])"
)

# The result of a check on a separate line.
STATUS = re.compile(r"\.\.\. ?(?:error|failed|fail|warning|note)$")

# A check of R that passed with a note, in the log of all checks.
NOTED = re.compile(r"\* checking .* \.\.\. ?NOTE$")

# ---- Lines that only report that something failed ----

# These name the stage that failed, which is better than no name.
START_STAGE = _starts(
    r"(?:error:? ?)?!? ?test failures\W*$|(?:error: )?vignette re-building failed",
    r"error\(s\) in re-building|(?:\S+: )?(?:error: )?failed to build gem native extension",
)

START_WRAPPER = _starts(
    r"traceback \(most|exception in thread\b|during handling of|the above exception",
    r"(?:fatal )?(?:error|failure|failures|errors|exception|fail|failed|fatal|panic)\W*$",
    r"(?:an? )?(?:unexpected |unknown |unhandled )?(?:error|exception|failure)s?"
    r" (?:has |was |have )?(?:occurr?ed|encountered)\W*$",
    r"(?:unexpected|unknown|internal) error\W*$|something went wrong\W*$",
    r"could not create makefile due to|an error occurred while installing|what went wrong\W*$",
    r"aborting\b|aborted[!.]*$|giving up\b|stopp(?:ed|ing)\b|exiting\b|execution halted",
    r"throw |raise |begin failed|compilation error\b|code \d+$|\d+ errors?$|error running ",
    r"emergency stop\b",
    r"there (?:was|were) \d+ (?:error|failure)|the compilation of .* failed|error while compiling ",
    r"evaluation failed|failed!|\[ *failed *\] \d+ tests?|error is not recoverable",
    r"fatal error (?:occurred|in .*, line)|rake aborted|error summary",
    r"fatal: could not read from remote repository",
    # Builds.
    r"(?:\[[^\]]+\] )?error (?:code )?\d+$|nmake : fatal error u1077|ninja: build stopped",
    r"failed: (?!.*::)\S*$|failed: \[|subcommand failed$",
    r"(?:error: )?(?:builder for|build of) .*\bfailed|error: \d+ dependenc\w+ of ",
    r"error: cannot build ",
    r"error: recipe [`'\"]\S+ failed|error: test failed|error: script \S+ exited",
    r"(?:error: )?failed to (?:run custom build command|build|compile|compile rust)\b[^:]*$",
    r"(?:error: )?(?:failed|could not) (?:building|to build|build|install) (?:\w+ )*wheels?\b",
    r"(?:error: )?(?:execution|task|step|stage|job|hook|phase|script|target)\b.*\bfailed\W*$",
    r"(?:error: )?command\b.*\bfailed\W*$",
    r"(?:error: )?(?:command|process|script) failed\b[^:]*(?:: [\w./-]+ .*)?$",
    r"(?:error )?command failed\b|failed at the .* script|exit handler",
    r"> ?task .*failed|execution failed for task|failure: build",
    # Tools that name what they were at.
    r"(?:\S+ ){0,3}compiled with \d+ (?:error|warning)|failed with errors?\b[^:]*$",
    r"(?:error: )?package \S+ errored\b|(?:error: )?build did not \w+",
    r"(?:error: )?\S+ (?:\S+ )?did not build\W*$",
    r"(?:error: )?failed to (?:emerge|restore|update packages)\b[^:]*(?:, log file: .*)?$",
    r"(?:error: )?lifecycle script\b.*\bfailed\b|the following (?:\w+ )+failed\b",
    r"(?:error: )?script .*\breturned with error code\b|retry scheduled\b",
    # Results of tests, and sums of them.
    r"fail\s+\S+\s+(?:\[|[\d.]+m?s$|\()|test result: |\[ *fail +\d|failed \([a-z]+=\d",
    r"failed \d+/\d+|result: fail|tests? (?:suites?|files|run)? *:|test suites?:",
    r"\W*(?:[a-z]+[:!]? ){0,4}\d+ (?:(?:\d+|assertions?|checks?|compilation|examples?|failed"
    r"|failing|fatal|files?|hunks?|of|out|previous|problems?|specs?|suites?|tests?|type|unit) "
    r"){0,3}"
    r"(?:errors?|failures?|failed|failing|problems?|issues?|errored|fatal)\b[^:]*$",
    r"\W*(?:[a-z]+ ){0,2}(?:tests|specs|suites|files|failures|errors|examples|checks)"
    r"[ :,=]+\d[^:]*$",
    r"(?:error: )?(?:failed|failing) (?:tests|examples)\b.{0,200}$|failed tests?:?[\d\s,-]*$",
    r"error: (?:configuration|installation) failed for",
    r"\d+ of \d+ .*fail|status: \d+ (?:error|warning|note)",
    r"(?:summary: )?processing the following",
    r"the following (?:\w+ )*(?:failed|failures?|errors?)\W*$",
)
WRAPPER_PHRASES = (
    *("could not compile", "could not build wheels", "failed building ", "lazy loading failed"),
    *("linker command failed", "ld returned", "build step failed", "configure step failed"),
    *("subprocess-exited", "metadata-generation-failed", "elifecycle"),
    *("compilation terminated", "compilation aborted", "aborting due to", "terminating due to"),
    *("errors occurred", "error generated", "errors generated", "due to previous error"),
    *("due to errors", "some index files", "<<< failure", "<<< error", "looks like you failed"),
    *("exit successfully", "returned a non-zero", "returned an error code", "(wstat ", "(wstat:"),
    "details:",
)
# The same, unless a cause follows behind a colon.
WRAPPER_HEADS = (
    *("build failed", "tests failed", "compilation failed", "compilation failure"),
    *("failed to build", "subprocess failed", "failed with exit", "failed due to"),
)
# A process that ended with a code, where nothing follows.
_CODE = (
    r"(?:code|status|value)\b[\s:=(]*(?:-?(?![45]\d\d\b)\d+|0x[0-9a-f]+)?[\s).;:]*(?:\([^()]*\))?$"
)
ENDS_WITH_CODE = re.compile(_CODE)
EXIT = re.compile(
    r"\b(?:exit(?:ed)?|return(?:ed|s)?|fail(?:ed|ure)?|finished|completed?|terminated|successfully"
    rf"|non-?zero)\b.{{0,40}}?\b{_CODE}"
)
# "failed" or the like where the line ends, so that no cause follows.
FAILED_WORDS = (
    *("failed", "failing", "failure", "failures", "error", "errors", "unsuccessful", "stopped"),
)
ENDS_AS_FAILED = re.compile(rf"\b(?:{'|'.join(FAILED_WORDS)})$")
BEHIND_FAILED = " .!*)]"
# Exit codes set by the system, which state more than a failure.
SYSTEM_EXIT = re.compile(
    r"\b(?:code|status|error|value)\W{1,2}(?:12[467]|13[479]|143|0x[8c]0[0-9a-f]{6})\b"
)

# ---- Lines with more below them ----

NPM_CODE = "code E"
# A title above the text of an error.
TITLE = re.compile(
    r"(?:error message|failure message|message|reason|details|what went wrong"
    r"|found the following significant warnings|due to unexpected exception with message)\W*$"
)
# An error whose text is below its code or its position.
CODE_ALONE = re.compile(
    r"(?:error|warning): ?(?:\[[\w-]+\])+$|^\S+\d: error:$|^\[[\w.\\]+\]$|\binstance of '[^']*'$"
    r"|(?::\d+|unknown file): failure$|^error in \S+(?: [\d:-]+)?$"
)

# How such lines end, but for those that begin with "error in".
CODE_ENDINGS = ("]", "'", "error:", "failure")

# ---- Causes ----

DEFINITE_PHRASES = (
    *("undefined reference to", "undefined symbol", "unresolved external", "symbol(s) not found"),
    *("multiple definition of", "duplicate symbol", "cannot find -l", "library not found for"),
    *("no rule to make target", "missing separator", "cmake error", "command not found"),
    *("segmentation fault", "bus error", "argument list too long"),
    *("illegal instruction", "sigkill", "sigsegv", "sigabrt", "signal: "),
    *("curl: (", "internal compiler error", "loading shared libraries", "heap space"),
)
# The machine ran out of something, which causes the other errors of the message.
MACHINE_PHRASES = (
    *("no space left on device", "disk full", "disk is full", "disk quota exceeded"),
    *("cannot allocate memory", "out of memory", "oom-kill:", "killed signal"),
)
# A limit of time, also where the line ends with what was done about it.
TIME_PHRASES = ("timed out", "time limit", "maximum execution time", "took longer than")
# The place of an error before the word.
LOCATED_ERROR = re.compile(
    r"[:(]\d{1,7}(?:[,:.-]\d{1,7}){0,3}\)? ?: *(?:[\w-]+ ){0,2}?(?:error|fehler|erreur)\b"
)
ERROR_CODE = re.compile(r"\berror(?: \[|\[| |: \[)[a-z]{1,5}-?\d{3,6}\b")
START_DEFINITE = _starts(
    r"(?:\S+: )?(?:line \d+: +)?(?:\d+ )?killed\b|\[[^\]]+\] (?:killed|segm|bus err)",
    r"e: (?:file:|\S+\.kts?:)",
    r"(?:/\S*/)?(?:ba|da|z|k)?sh: .*: (?:not found|no such file|permission denied)",
)
# A class of exceptions at the beginning of a line in its own case, with or without a text.
START_EXCEPTION = _starts(
    r"(?:[\w$]+(?:\.|::|\\))*[A-Z]\w*?(?:Error|Exception|Failure|Fault|Timeout|Interrupt|NotFound)"
    r"(?:<\w+>)?(?: \[[\w-]+\]| \(\w+\))?(?: ?: \S|\s*:?$| - \S)",
    r"\*\* \([\w.]+\) |panic: |thread '[^']*' (?:\(\d+\) )?panicked |terminate called after",
    r"(?:[a-z_]\w*\.)+[A-Z][\w$]*: \S|Errno::[A-Z]+: \S",
)
END_EXCEPTION = re.compile(r"\S.* \([A-Z]\w*(?:Error|Exception)\)$")
FAILED_ASSERTION = re.compile(r"\b[Aa]ssertion\b.*\bfailed\b")
EXCEPTION_PHRASES = ("assertionerror", "panicked at")
# Most lines have none of all these, and are looked through once.
ANY_PHRASE = any_phrase(
    *MACHINE_PHRASES,
    *DEFINITE_PHRASES,
    *WRAPPER_PHRASES,
    *WRAPPER_HEADS,
    *TIME_PHRASES,
    *EXCEPTION_PHRASES,
)

START_ERROR = _starts(
    r"\W*(?:error|fatal|fail(?:ed|ure)?|panic|exception|abort(?:ed)?|err|fehler|erreur)\b",
    r"\W*(?:cannot|can't|could not|couldn't|unable to|not able to|no such|no matching|no rule)\b",
    r"(?:invalid|illegal|unknown|unsupported|unexpected|unrecogni[sz]ed|undefined|unresolved)\b",
    r"(?:missing|not found|not enough|permission denied|access denied|connection|broken)\b",
    r"(?:e|f|x|err|error|fatal)\W{1,3}[a-z]|err_[a-z]|no targets",
    r"packages? (?:required|not)|library not loaded|symbol not found",
    r"nothing provides|there is no|mismatch|conflict|bad ",
    # A location without the word, as some compilers and most test runners write.
    r"(?:[\w.-]+: )?\S+\.[a-z]\w*:\d+:(?:\d+:)? \S|\S+\.[a-z]\w*\(\d+(?:,\d+)?\): \S",
)
# Names of tests that failed, and sums of what could not be had.
START_VAGUE = _starts(
    r"(?:fail(?:ed|ure)?:?|\[ *failed *\]) \S+(?: [(\[][\d.]+ ?m?s[)\]])?$|\S+: failed$",
    r"not ok \d|test \S+ \.\.\. failed|failed test ",
    r"(?:build was )?aborted\b|\[[^\]]+\] aborted|terminated$|abort trap|trace/bpt trap",
    r"could not determine the dependencies of|a problem occurred ",
    r"(?:error|failure|failed)(?: \d+)? \([^)]*\): |could not resolve all ",
)
# A status code of HTTP that is an error.
HTTP_ERROR = re.compile(
    alternatives(
        r"http(?:/[\d.]+)?\W{1,2}[45]\d\d\b",
        r"status(?: code)?\W{1,2}[45]\d\d\b",
        after=r"\w",
    )
)
# What a build consists of: that one of these failed is no cause.
BUILD_WORDS = re.compile(
    r"\b(?:builds?|buil[dt]ing|compil\w+|tests?|testing|packag\w+|modules?|recipes?|formulae?"
    r"|wheels?|checks?|configur\w*|generat\w+|install\w*|vignettes?|jobs?|sessions?|steps?|tasks?"
    r"|stages?|commands?|script|process\w*|target|runs?|pipeline|make|cmake|ninja|cargo|gradle"
    r"|maven|npm|yarn|link\w*)\b"
)
# Messages of linkers, which compilers print in notes.
LINKER_PHRASES = DEFINITE_PHRASES[:8]
_TEXT = r"\b ?(?:\(\w+\))?[:!\]] ?\S"
_ACCESS = (
    r" (?:access|connect|create|determine|download|fetch|find|load|locate|open|parse|read|resolve"
    r"|satisfy|write)\b"
)
ERROR_INSIDE = re.compile(
    alternatives(
        *(rf"err(?:or)?{_TEXT}", rf"fatal(?: error)?{_TEXT}", rf"fail(?:ed|ure){_TEXT}"),
        *(r"error in\b", rf"failed to{_ACCESS}", rf"can(?:'t|not){_ACCESS}"),
        *(rf"could(?: not|n't){_ACCESS}", rf"unable to{_ACCESS}"),
        after=r"\w",
    )
    + r"|: (?:cannot|can't|could not|unable to|no such|permission denied|not found|invalid|unknown"
    r"|unrecogni[sz]ed|not a|is a|connection|bad|missing|failed to|command not)\b"
    r"|timed out|timeout|operation was cancell?ed|not available"
)
# Words that mark an error anywhere as separate words.
_ALONE = r"(?![\w/-]|\.\w)"
WEAK_INSIDE = re.compile(
    alternatives(
        *(rf"errors?{_ALONE}", rf"fail(?:s|ed|ure|ures)?{_ALONE}"),
        *(rf"fatal{_ALONE}", rf"exception{_ALONE}"),
        after=r"\w./-",
    )
)
# Texts that mark an error anywhere.
WEAK_PHRASES = any_phrase(
    *("cannot", "can't", "could not", "couldn't", "unable", "no such", "no matching", "nothing "),
    *("not ", "n't ", "unknown", "unexpected", "unsupported", "unrecogni", "unavailable"),
    *("undeclared", "unauthori", "unsatisf", "unreachable", "missing", "requires", "required"),
    *("invalid", "illegal", "incompatible", "mismatch", "denied", "refused", "rejected"),
    *("forbidden", "timeout", "deadline", "exceed", "expired", "too many", "too large"),
    *("signal", "cancel", "conflict", "corrupt", "abort", "terminated", "duplicate", "broken"),
    *("expected", "already", "crash", "shutdown", "lost ", "reset by", "quota", "status"),
    *("unterminated", "violat", "bad ", "no targets", ", but ", "exit", "no module", "no package"),
    *(
        "invoked oom-killer",
        "changed significantly",
        "out of date",
        "did not match",
        "only supports",
        "supports only",
    ),
    *("fehler", "erreur", "terminate called", "has no ", "there is no ", "there are no "),
)
