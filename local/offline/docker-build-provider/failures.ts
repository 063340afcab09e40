/** How many of a failed step's last lines an error shows. */
const TAIL = 10;
const LONGEST_STEP = 160;

/** What the output of a failed build says about the failure. */
export interface FailedStep {
    /** The instruction, such as `RUN pip install -r requirements.txt`; undefined when it failed before the first. */
    step: string | undefined;
    reason: string;
    /** The last lines that the step wrote. */
    output: string[];
}

/** The line of output as a person would read it: without colors, and with the last state of a progress bar. */
export function readable(line: string): string {
    // eslint-disable-next-line no-control-regex
    const text = line.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "");
    return text.replace(/\r+$/, "").split("\r").at(-1)!.trimEnd();
}

/** Finds what failed in the output of `docker build`, of BuildKit or of the classic builder. */
export function failedStep(lines: string[]): FailedStep {
    const error = lines.map((line) => /^#(\d+) ERROR:? (.*)$/.exec(line)).find((match) => match !== null);
    if (error) {
        const [, vertex, reason = ""] = error;
        const own = lines.filter((line) => line.startsWith(`#${vertex} `)).map((line) => line.replace(/^#\d+ /, ""));
        const output = own.map((line) => /^\d+\.\d+ (.*)$/.exec(line)?.[1]).filter((line) => line !== undefined);
        const step = own.find((line) => /^\[.*?\] /.test(line))?.replace(/^\[.*?\] /, "");
        return { step, reason: exitCode(reason), output: lastLines(output) };
    }
    const start = lines.map((line) => /^Step \d+\/\d+ : /.test(line)).lastIndexOf(true);
    const last = lastLine(lines) ?? "no output";
    if (start < 0) {
        return { step: undefined, reason: withoutPrefix(last), output: [] };
    }
    const output = lines.slice(start + 1).filter((line) => line !== last && !line.startsWith(" ---> "));
    const step = lines[start]!.replace(/^Step \d+\/\d+ : /, "");
    return { step, reason: exitCode(withoutPrefix(last)), output: lastLines(output) };
}

function exitCode(reason: string): string {
    const code = /(?:exit code:|non-zero code:) (\d+)/.exec(reason)?.[1];
    return code ? `exit code ${code}` : reason;
}

/** The message without the names of docker's components. */
function withoutPrefix(line: string): string {
    return line
        .replace(/^ERROR: /, "")
        .replace(/^Error response from daemon: /, "")
        .replace(/^failed to solve(?: with frontend [\w.]+)?: /, "")
        .replace(/^failed to create LLB definition: /, "");
}

function lastLines(lines: string[]): string[] {
    return lines.filter((line) => line.trim() !== "").slice(-TAIL);
}

function lastLine(lines: string[]): string | undefined {
    return lastLines(lines).at(-1);
}

/** The error of a failed build: one line, followed by the last lines of the step's output. */
export function buildError(image: string, lines: string[]): Error {
    const { step, reason, output } = failedStep(lines);
    // An instruction of several lines has the indentation of each.
    const line = step?.replace(/\s+/g, " ");
    const short = line && line.length > LONGEST_STEP ? `${line.slice(0, LONGEST_STEP)}…` : line;
    const head = `The build of ${image} failed${short ? ` at ${short}` : ""}: ${reason}`;
    return new Error([head, ...output.map((line) => `  ${line}`)].join("\n"));
}

/** The error of a failed exchange with a registry, such as `push`. */
export function registryError(action: string, registry: string, image: string, lines: string[]): Error {
    const complaint = withoutPrefix(lastLine(lines) ?? "no output");
    if (/denied|unauthorized|forbidden|authentication|no basic auth|\b40[13]\b/i.test(complaint)) {
        return new Error(
            `The registry ${registry} refused the ${action} of ${image}: ${complaint}. ` +
                "Set registry.username and registry.password to those of a user who may push there",
        );
    }
    if (/dial tcp|no such host|connection re|time.?out|no route|EOF|x509|HTTP response to HTTPS/i.test(complaint)) {
        return new Error(
            `The registry ${registry} cannot be reached for the ${action} of ${image}: ${complaint}. ` +
                "Start it, or correct the repository",
        );
    }
    return new Error(`The ${action} of ${image} failed: ${complaint}`);
}

/** The error for a daemon that did not answer. */
export function daemonError(host: string, lines: string[]): Error {
    const complaint = lastLine(lines) ?? "no answer";
    return new Error(
        `The docker daemon at ${host} cannot be reached: ${complaint} ` +
            "Start it, or set DOCKER_HOST to the address of one that runs",
    );
}
