/**
 * Runs one command and measures it and every process that it starts. Reads /proc, so it works on Linux only.
 */
import { spawn } from "node:child_process";
import { openSync, readdirSync, readFileSync } from "node:fs";

import { run } from "../local/run";

/** What one run of a command took. */
export interface Usage {
    /** Wall-clock time. */
    seconds: number;
    /** CPU time of all its processes together. */
    cpuSeconds: number;
    /** The peak memory (resident set) of the Pulumi program's Node.js process. */
    programBytes: number;
    /** The peak memory of all its processes together (engine, plugins, language host, program). */
    totalBytes: number;
}

export interface MeasureOptions {
    cwd: string;
    env: Record<string, string | undefined>;
    /** The file that gets its output. */
    log: string;
}

/** How often the processes are measured, in milliseconds. */
const INTERVAL = 50;

/** The unit of CPU time in /proc, the same on all common machines. */
const TICK_SECONDS = 0.01;

/** Runs the command to completion; throws an error with the path of its output if it fails. */
export async function measure(command: string, args: string[], options: MeasureOptions): Promise<Usage> {
    const output = openSync(options.log, "a");
    const start = performance.now();
    // A separate session, which distinguishes its processes from all others.
    const child = spawn(command, args, {
        cwd: options.cwd,
        env: options.env,
        detached: true,
        stdio: ["ignore", output, output],
    });
    const watch = new SessionWatch(child.pid ?? 0);
    const timer = setInterval(() => watch.look(), INTERVAL);
    try {
        const code = await new Promise<number | null>((resolve, reject) => {
            child.once("error", reject);
            child.once("exit", resolve);
        });
        const seconds = (performance.now() - start) / 1000;
        if (code !== 0) {
            const tail = readFileSync(options.log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
            throw new Error(`pulumi ${args.join(" ")} failed with exit code ${code}, see ${options.log}:\n${tail}`);
        }
        return { seconds, ...watch.usage() };
    } finally {
        clearInterval(timer);
    }
}

/** Sums up the usage of the processes in one session. */
class SessionWatch {
    private readonly cpuSeconds = new Map<string, number>();
    private programBytes = 0;
    private totalBytes = 0;

    constructor(private readonly session: number) {}

    look(): void {
        let total = 0;
        for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
            const stat = read(`/proc/${pid}/stat`);
            // The fields after the command's name in parentheses, beginning with the third.
            const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
            const field = (number: number) => Number(fields[number - 3]);
            if (field(6) === this.session) {
                this.cpuSeconds.set(pid, (field(14) + field(15)) * TICK_SECONDS);
                total += this.memory(pid);
            }
        }
        this.totalBytes = Math.max(this.totalBytes, total);
    }

    private memory(pid: string): number {
        const status = read(`/proc/${pid}/status`);
        const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
        if (read(`/proc/${pid}/cmdline`).includes("@pulumi/pulumi/cmd/run")) {
            this.programBytes = Math.max(this.programBytes, bytes("VmHWM"));
        }
        return bytes("VmRSS");
    }

    usage(): Omit<Usage, "seconds"> {
        const cpuSeconds = [...this.cpuSeconds.values()].reduce((sum, one) => sum + one, 0);
        return { cpuSeconds, programBytes: this.programBytes, totalBytes: this.totalBytes };
    }
}

/** The file's content; empty when its process has ended. */
function read(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return "";
    }
}

/** How long loading takes. */
export interface LoadTimes {
    /** Milliseconds of `require("@pulumi/pulumi")`, one value per process. */
    pulumi: number[];
    /** Milliseconds of `require("kubernetes-mlops")` after it. */
    package: number[];
}

const script = `
    const start = performance.now();
    require("@pulumi/pulumi");
    const between = performance.now();
    require("kubernetes-mlops");
    process.stdout.write(JSON.stringify([between - start, performance.now() - between]));
`;

/** Loads the package that is installed in the directory, each time in a fresh process. */
export async function measureLoad(directory: string, processes: number): Promise<LoadTimes> {
    const times: LoadTimes = { pulumi: [], package: [] };
    for (let index = 0; index < processes; index++) {
        const answer = await run(process.execPath, ["-e", script], { cwd: directory });
        const [pulumi, ours] = JSON.parse(answer) as [number, number];
        times.pulumi.push(pulumi);
        times.package.push(ours);
    }
    return times;
}
