/** What the pods of a failed run say about its failure, in one line. */
import { oneLine } from "../arguments/one-line";
import { containersOf, type Pod, type Terminated, timeOf } from "./pods";

/** The number of characters of the end of a log. */
const longestLog = 300;

interface Failure {
    pod: Pod;
    container: string;
    end: Terminated;
}

/** Returns how the last failed pod of a run has ended, with the end of its log, or undefined if none has failed. */
export function describeFailure(pods: Pod[]): string | undefined {
    // When a run has failed, its controller ends the pods that still run; they are not the cause.
    const [causes, stopped] = [false, true].map((isStopped) =>
        pods.filter(({ metadata }) => (metadata.deletionTimestamp !== undefined) === isStopped),
    ) as [Pod[], Pod[]];
    const failures = [causes, stopped].map((some) => some.flatMap((pod) => failureOfPod(pod) ?? []));
    const last = failures
        .find((some) => some.length > 0)
        ?.sort((one, other) => timeOf(other.end.finishedAt) - timeOf(one.end.finishedAt))[0];
    if (last === undefined) {
        return describeRejection(causes);
    }
    return `the container ${last.container} of the pod ${last.pod.metadata.name} has failed with ${describeEnd(last.end)}`;
}

/** Returns how a container has ended: its exit code, and the end of its log. */
export function describeEnd({ exitCode, reason = "Error", message = "" }: Terminated): string {
    const how = ["Error", "Completed"].includes(reason) ? "exit code" : `${reason}, exit code`;
    const log = endOfLog(message.replace(runtimeSteps, "").replace(/: unknown$/, ""));
    return `${how} ${exitCode}${log && `: ${log}`}`;
}

/** The steps in which containerd and runc have failed to execute a program. */
const runtimeSteps = /^failed to create containerd task: .*unable to start container process: /s;

/** Returns the failure of a pod: of its containers, the first one to fail. */
function failureOfPod(pod: Pod): Failure | undefined {
    return containersOf(pod)
        .flatMap(({ name, state, lastState }) => {
            const end = state?.terminated ?? lastState?.terminated;
            return end && end.exitCode !== 0 ? [{ pod, container: name, end }] : [];
        })
        .sort((one, other) => timeOf(one.end.finishedAt) - timeOf(other.end.finishedAt))[0];
}

/** Returns why a node has rejected or evicted a pod. */
function describeRejection(pods: Pod[]): string | undefined {
    const pod = pods.find(({ status }) => status?.phase === "Failed" && status.reason);
    const { reason, message = "" } = pod?.status ?? {};
    return pod && `the pod ${pod.metadata.name} has failed: ${reason}${message && `: ${oneLine(message)}`}`;
}

/** Returns the last lines of a log in one line, the last ones that fit. */
export function endOfLog(log: string, longest = longestLog): string {
    const lines = log
        // eslint-disable-next-line no-control-regex -- programs color their output for terminals.
        .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
        .split(/\r?\n/)
        // A progress bar overwrites its line.
        .map(
            (line) =>
                line
                    .split("\r")
                    .filter((state) => state.trim() !== "")
                    .at(-1) ?? "",
        )
        // eslint-disable-next-line no-control-regex -- other control characters would garble the terminal, too.
        .map((line) => line.replace(/[\u0000-\u001f\u007f]+/g, " ").trim())
        .filter((line) => line !== "");
    let end = lines.at(-1) ?? "";
    for (const line of lines.slice(0, -1).reverse()) {
        if (line.length + end.length + separator.length > longest) {
            break;
        }
        end = line + separator + end;
    }
    return end.length <= longest ? end : `…${end.slice(end.length - longest + 1)}`;
}

const separator = " | ";
