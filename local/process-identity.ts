/** Checks whether a process lives, and whether it is still the one whose id was recorded. */
import { existsSync, readFileSync } from "node:fs";

/** A process as /proc/<pid>/stat shows it. */
interface ProcessStat {
    group: number;
    /** Clock ticks from boot to the process' start. */
    startTime: string;
}

const hasProc = existsSync("/proc/self/stat");

function readOptional(file: string): string | undefined {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return undefined;
    }
}

/** A value that changes with every boot of the machine. */
export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** The process with this id on a Linux machine; undefined when it does not live. */
export function livingProcess(pid: number): ProcessStat | undefined {
    const text = readOptional(`/proc/${pid}/stat`);
    // The command's name, in parentheses, may contain spaces: the other fields follow the last parenthesis.
    const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
    if (!fields || fields.length < 20) {
        return undefined;
    }
    // A process whose first thread has ended lives, and listens on its ports, as long as it has other threads.
    const isDead = "ZX".includes(fields[0]!) && Number(fields[17]) <= 1;
    return isDead ? undefined : { group: Number(fields[2]), startTime: fields[19]! };
}

export function isAlive(pid: number): boolean {
    if (!Number.isInteger(pid) || pid <= 0) {
        return false;
    }
    if (hasProc) {
        return livingProcess(pid) !== undefined;
    }
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}

/**
 * What distinguishes a process from every other, also from a later one with the same id: on Linux its id, its start
 * time and the id of the boot, elsewhere only its id. Undefined when it does not live.
 */
export function identityOf(pid: number): string | undefined {
    if (!hasProc) {
        return isAlive(pid) ? String(pid) : undefined;
    }
    const living = livingProcess(pid);
    return living && `${pid} ${living.startTime} ${bootId()}`;
}

/** Whether the process lives and, where that can be checked, runs this command: for an id that was recorded alone. */
export function isRunningCommand(pid: number, command: string): boolean {
    return isAlive(pid) && (readOptional(`/proc/${pid}/comm`)?.startsWith(command) ?? !hasProc);
}
