import * as pulumi from "@pulumi/pulumi";

import {
    absolutePath,
    boolean,
    bytes,
    cpu,
    dnsLabel,
    dnsSubdomain,
    environmentNameProblem,
    imageRef,
    integer,
    matching,
    objectName,
    secretString,
    stringRule,
} from "../arguments/formats";
import {
    anyObject,
    list,
    map,
    object,
    plain,
    type Problems,
    required,
    rule,
    type Rule,
    type RulesOf,
} from "../arguments/rules";
import { checkGpu, type GpuArgs, gpuRule } from "./gpu-args";

/** Where a workload runs, and on whose account. */
export interface WorkspaceArgs {
    /** The namespace, which must exist. Changing it replaces what is in it. */
    namespace: pulumi.Input<string>;
    /** The Kueue LocalQueue of the namespace that admits its jobs. Without it they start at once. */
    queue?: pulumi.Input<string>;
    /**
     * The ServiceAccount that pods run as. Defaults to the namespace's `default`. Its token is mounted only where this
     * is set.
     */
    serviceAccount?: pulumi.Input<string>;
    /** Names of the Secrets with which images are pulled. */
    imagePullSecrets?: pulumi.Input<string>[];
}

/** What each pod of a workload gets. */
export interface ResourcesArgs {
    /**
     * The CPU that is reserved, in cores ("2") or thousandths ("500m"). Defaults to "500m". There is no limit: time
     * that nobody else wants is there to be used.
     */
    cpu?: pulumi.Input<string>;
    /**
     * The memory that is reserved, and at the same time the limit beyond which the pod is killed, for example "16Gi".
     * Defaults to "1Gi".
     */
    memory?: pulumi.Input<string>;
    /**
     * The size of /dev/shm, which counts as memory, for example "8Gi": data loaders with worker processes and GPUs that
     * work together need more than the 64 MiB that a container has without it.
     */
    sharedMemory?: pulumi.Input<string>;
}

/** A PersistentVolumeClaim that is mounted into the pods of a workload. */
export interface MountArgs {
    /** Name of the PersistentVolumeClaim, in the workload's namespace. */
    claim: pulumi.Input<string>;
    /** Absolute path in the container at which the volume is mounted, for example "/data". */
    mountPath: pulumi.Input<string>;
    /** Directory of the volume to mount, relative to its root. Defaults to the root. */
    subPath?: pulumi.Input<string>;
    /** Whether the volume is mounted read-only. Defaults to false. */
    readOnly?: pulumi.Input<boolean>;
}

/** What every workload is told: where it runs, what it runs, and with how much. */
export interface WorkloadArgs {
    /**
     * The name of the objects in Kubernetes, where it is to differ from the component's: two teams, or two clusters of
     * one program, may each have a server called "fraud". Follows the rules of the component's name. Another name makes
     * other objects. Defaults to the component's name.
     */
    name?: string;
    /** Where it runs: namespace, queue, service account and pull secrets in one value. */
    workspace: WorkspaceArgs;
    /**
     * The container image as `repository@sha256:…`, such as the `ref` of an `Image`: a tag may mean another image
     * tomorrow.
     */
    image: pulumi.Input<string>;
    /** The command to run, one entry a word. Defaults to the image's own entry point. */
    command?: pulumi.Input<string>[];
    /** The arguments of the command. Defaults to the image's own. */
    args?: pulumi.Input<string>[];
    /** Environment variables in plain text. A secret Output is refused here; see `secretEnv`. */
    env?: Record<string, pulumi.Input<string>>;
    /**
     * Environment variables that are secret. They are kept in a Kubernetes Secret to which the pod only refers, and are
     * encrypted in the state and hidden in previews.
     */
    secretEnv?: Record<string, pulumi.Input<string>>;
    /** What each pod gets. */
    resources?: ResourcesArgs;
    /** The GPUs that each pod gets. Defaults to none. */
    gpu?: GpuArgs;
    /** Volumes of the workspace that each pod sees: data sets, a team's shared files. */
    mounts?: MountArgs[];
    /** The numeric user that the container runs as; not 0. Defaults to the image's own, which must be numeric. */
    runAsUser?: pulumi.Input<number>;
    /**
     * Whether the container's file system is read-only but for `/tmp`, which is also its HOME. Defaults to true.
     */
    readOnlyRootFilesystem?: pulumi.Input<boolean>;
    /**
     * A patch for what has no argument of its own, laid over the pod's `spec`: objects are merged, lists of named
     * things (containers, volumes, variables) by name, other lists are replaced, `null` removes a field. The container
     * is called `main`. What it says stands in the pod for all to read: secrets belong under `secretEnv`.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    podSpec?: Record<string, any>;
}

const notOnCommandLine = "the command line of a pod is no place for it: put it under secretEnv";

/** The rules of the arguments that all workloads have. */
export const workloadFields = {
    name: plain(objectName, "it decides which objects there are: give a plain value"),
    workspace: required(
        object<WorkspaceArgs>({
            namespace: required(dnsLabel, "name the namespace it runs in"),
            queue: dnsSubdomain,
            serviceAccount: dnsSubdomain,
            imagePullSecrets: list(required(dnsSubdomain, "name a Secret or leave the entry out")),
        }),
        'say where it runs, for example { namespace: "fraud" }',
    ),
    image: required(imageRef, "give repository@sha256:…, such as the ref of an Image"),
    command: list(required(stringRule({ notSecret: notOnCommandLine }), "remove the entry or set it to a string")),
    args: list(required(plainText(notOnCommandLine), "remove the entry or set it to a string")),
    env: map(environmentNameProblem, plainText("put it under secretEnv, which keeps it in a Kubernetes Secret")),
    secretEnv: map(environmentNameProblem, secretString),
    resources: object<ResourcesArgs>({ cpu, memory: bytes, sharedMemory: bytes }),
    gpu: gpuRule,
    mounts: list(
        required(
            object<MountArgs>({
                claim: required(dnsSubdomain, "name a PersistentVolumeClaim of the namespace"),
                mountPath: required(absolutePath, 'set the path in the container, for example "/data"'),
                subPath: matching(
                    /^(?!\/)(?!(.*\/)?\.\.(\/|$))\S+$/,
                    "it must be a directory within the volume, without a slash at the start",
                ),
                readOnly: boolean,
            }),
            "leave the entry out or name a claim",
        ),
    ),
    runAsUser: integer(1, 2 ** 31 - 1),
    readOnlyRootFilesystem: boolean,
    podSpec: anyObject,
} satisfies RulesOf<WorkloadArgs>;

/** A text, which may be empty, for a place in which all can read it. */
function plainText(notSecret: string): Rule {
    return rule((value) => (typeof value === "string" ? undefined : "it must be a string"), { notSecret });
}

/** What concerns several arguments that all workloads have. */
export function checkWorkload(args: WorkloadArgs, problems: Problems): void {
    checkGpu(args.gpu, problems);
    const paths = (args.mounts ?? []).map(({ mountPath }) => mountPath).filter((path) => typeof path === "string");
    for (const path of new Set(paths.filter((one, index) => paths.indexOf(one) !== index))) {
        problems.add("mounts", `has two volumes at ${path}; give one of them another mountPath`);
    }
    for (const name of Object.keys(args.secretEnv ?? {}).filter((key) => key in (args.env ?? {}))) {
        problems.add(`env.${name}`, "stands under secretEnv as well; leave one of them out");
    }
}
