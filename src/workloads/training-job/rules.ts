import { integer, matching, oneOf } from "../../arguments/formats";
import { object, plain, type Problems, type RulesOf } from "../../arguments/rules";
import { checkWorkload } from "../../pod/args";
import { AccessMode, checkClaim, claimFields } from "../../pod/claim-args";
import { runFields } from "../../runs/args";
import { checkOutput, outputRule } from "../../runs/output-args";
import { TrainingBackend, TrainingFramework, type TrainingJobArgs, type TopologyArgs } from "./args";

const decides = "it decides which objects there are: give a value";
const labelKey = matching(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
    'it must be the name of a node label, such as "topology.kubernetes.io/zone"',
);

export const fields = {
    ...runFields,
    output: outputRule,
    nodes: plain(integer(1, 1000), decides),
    framework: plain(oneOf(Object.values(TrainingFramework)), decides),
    processesPerNode: integer(1, 1024),
    backend: plain(oneOf(Object.values(TrainingBackend)), decides),
    checkpoint: object(claimFields),
    topology: object<TopologyArgs>({ required: labelKey, preferred: labelKey }),
} satisfies RulesOf<TrainingJobArgs>;

/** The longest names of components whose runs are called `<name>-<8 characters>`, and pods after them. */
const longestNames: Record<TrainingBackend, number> = {
    [TrainingBackend.Job]: 50,
    [TrainingBackend.JobSet]: 40,
    [TrainingBackend.TrainJob]: 40,
    // Source: ValidateRayJobMetadata of KubeRay, which allows 47 characters.
    [TrainingBackend.RayJob]: 38,
};

export function checkAcross(args: TrainingJobArgs, problems: Problems, name: string): void {
    checkWorkload(args, problems);
    checkOutput(args.output, problems);
    checkClaim(args.checkpoint, "checkpoint", problems);
    const { uri, ...claim } = args.output ?? {};
    const { nodes = 1, backend = TrainingBackend.Job, framework = TrainingFramework.Torch } = args;
    const longest = longestNames[backend];
    if (longest !== undefined && name.length > longest && name.length <= longestNames.Job) {
        problems.add("the name", `is "${name}"; with the backend ${backend} it must be at most ${longest} characters`);
    }
    if (framework === TrainingFramework.Mpi && backend !== TrainingBackend.TrainJob) {
        problems.add("framework", 'is "mpi", which the backend TrainJob alone can start; set backend to "TrainJob"');
    }
    if (backend === TrainingBackend.RayJob) {
        for (const field of ["framework", "processesPerNode"] as const) {
            if (args[field] !== undefined) {
                problems.add(
                    field,
                    "is given besides the backend RayJob, where Ray starts the processes; leave it out",
                );
            }
        }
        if (args.command === undefined) {
            problems.add("command", "is missing; a RayJob has no use for the image's own: give the command to run");
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
                `is missing; ${nodes} pods share the volume: say ReadWriteMany, or ReadWriteOnce where one node holds them`,
            );
        }
        if (volume?.accessMode === AccessMode.ReadWriteOncePod) {
            problems.add(
                `${path}.accessMode`,
                `is "ReadWriteOncePod", and ${nodes} pods share the volume; say ReadWriteMany, or name a claim`,
            );
        }
    }
}
