import { integer, labelKeyPattern, matching, oneOf } from "../../arguments/formats";
import { object, plain, type Problems, type RulesOf } from "../../arguments/rules";
import { checkNameLength, checkWorkload } from "../../pod/args";
import { AccessMode, checkClaim, claimFields } from "../../pod/claim-args";
import { modelDir } from "../../pod/model-volume";
import { runFields } from "../../runs/args";
import { checkOutput, keptResultsFields, outputRule } from "../../runs/output-args";
import { TrainingBackend, TrainingFramework, type TrainingJobArgs, type TopologyArgs } from "./args";
import { checkpointDir, topologyAnnotations } from "./job";
import { sshDir } from "./train-job";

const decides = "it must be a plain value, because it decides which objects are created";
const labelKey = matching(labelKeyPattern, 'it must be the key of a node label, such as "topology.kubernetes.io/zone"');

export const fields = {
    ...runFields,
    ...keptResultsFields,
    output: outputRule,
    nodes: plain(integer(1, 1000), decides),
    framework: plain(oneOf(Object.values(TrainingFramework)), decides),
    processesPerNode: integer(1, 1024),
    backend: plain(oneOf(Object.values(TrainingBackend)), decides),
    checkpoint: object(claimFields),
    topology: object<TopologyArgs>({ required: labelKey, preferred: labelKey }),
} satisfies RulesOf<TrainingJobArgs>;

/** The longest names of components: runs are named `<name>-<8 characters>`, and their pods after them. */
const longestNames: Record<TrainingBackend, number> = {
    [TrainingBackend.Job]: 50,
    [TrainingBackend.JobSet]: 40,
    [TrainingBackend.TrainJob]: 40,
    // Source: ValidateRayJobMetadata of KubeRay, which allows 47 characters.
    [TrainingBackend.RayJob]: 38,
};

export function checkAcross(args: TrainingJobArgs, problems: Problems, name: string): void {
    checkWorkload(args, problems, {
        [modelDir]: "MODEL_DIR, the directory of the result",
        ...(args.checkpoint !== undefined && { [checkpointDir]: "CHECKPOINT_DIR, the directory of the checkpoints" }),
        ...(args.framework === TrainingFramework.Mpi && {
            [sshDir]: "the directory of the keys with which pods connect",
        }),
    });
    checkOutput(args.output, problems);
    checkClaim(args.checkpoint, "checkpoint", problems);
    const { uri, ...claim } = args.output ?? {};
    if (uri !== undefined && args.keepResults !== undefined) {
        problems.add("keepResults", "has no effect with output.uri, where results are never deleted; remove it");
    }
    for (const key of Object.values(topologyAnnotations)) {
        if (args.topology !== undefined && args.podAnnotations?.[key] !== undefined) {
            problems.add(
                `podAnnotations.${key}`,
                "cannot be combined with topology, which sets it; remove one of them",
            );
        }
    }
    const { nodes = 1, backend = TrainingBackend.Job, framework = TrainingFramework.Torch } = args;
    const longest = longestNames[backend];
    if (longest !== undefined) {
        checkNameLength(args, name, longest, `with backend "${backend}"`, problems);
    }
    if (framework === TrainingFramework.Mpi && backend !== TrainingBackend.TrainJob) {
        problems.add("framework", 'is "mpi", which only the backend TrainJob supports; set backend to "TrainJob"');
    }
    if (backend !== TrainingBackend.Job && args.retry !== undefined) {
        problems.add("retry", `is not supported with backend "${backend}"; remove it, or use a Job`);
    }
    if (backend === TrainingBackend.RayJob) {
        for (const field of ["framework", "processesPerNode"] as const) {
            if (args[field] !== undefined) {
                problems.add(
                    field,
                    "cannot be combined with the backend RayJob, where Ray starts the processes; remove it",
                );
            }
        }
        if (args.command === undefined) {
            problems.add("command", "is missing; a RayJob does not use the command of the image: set it");
        }
    }
    if (nodes === 1) {
        return;
    }
    for (const [path, volume] of Object.entries({
        output: uri === undefined ? claim : undefined,
        checkpoint: args.checkpoint,
    })) {
        if (volume !== undefined && volume.claim === undefined && volume.accessMode === undefined) {
            problems.add(
                `${path}.accessMode`,
                `is missing; ${nodes} pods share the volume: set it to ReadWriteMany, or to ReadWriteOnce if one node runs all of them`,
            );
        }
        if (volume?.accessMode === AccessMode.ReadWriteOncePod) {
            problems.add(
                `${path}.accessMode`,
                `is "ReadWriteOncePod", but ${nodes} pods share the volume; set it to ReadWriteMany, or set claim`,
            );
        }
    }
}
