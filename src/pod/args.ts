import * as pulumi from "@pulumi/pulumi";

import {
    boolean,
    bytes,
    cpu,
    dnsLabel,
    dnsSubdomain,
    environmentNameProblem,
    imageRef,
    integer,
    longestName,
    objectName,
    secretString,
    stringRule,
} from "../arguments/formats";
import { list, map, object, plain, type Problems, required, rule, type Rule, type RulesOf } from "../arguments/rules";
import { type EnvFromArgs, envFromRule } from "./env-from-args";
import { checkGpu, type GpuArgs, gpuRule } from "./gpu-args";
import { type MetadataArgs, metadataFields } from "./metadata-args";
import { checkMounts, type MountArgs, mountsRule, type OwnPaths } from "./mount-args";
import { podSpecRule } from "./pod-spec-rule";

/** Where a workload runs: its namespace, and what its pods use there. */
export interface WorkspaceArgs {
    /** Name of the namespace, which must exist. Changing it replaces all objects of the component. */
    namespace: pulumi.Input<string>;
    /** Name of the Kueue LocalQueue of the namespace that admits its runs. Defaults to none: runs start at once. */
    queue?: pulumi.Input<string>;
    /**
     * Name of the ServiceAccount that pods run as, whose token is then mounted. Defaults to the namespace's `default`,
     * without a token.
     */
    serviceAccount?: pulumi.Input<string>;
    /** Names of the Secrets with the credentials of image registries. Defaults to none. */
    imagePullSecrets?: pulumi.Input<string>[];
}

/** The compute resources of each pod of a workload. */
export interface ResourcesArgs {
    /**
     * The CPU request, in cores ("2") or millicores ("500m"). Defaults to "500m". There is no limit: a pod may use CPU
     * time that is idle on its node.
     */
    cpu?: pulumi.Input<string>;
    /**
     * The memory request, and at the same time the limit beyond which the container is killed, for example "16Gi".
     * Defaults to "1Gi".
     */
    memory?: pulumi.Input<string>;
    /**
     * Size limit of /dev/shm, which counts as memory, for example "8Gi". Data loaders with worker processes and
     * multi-GPU communication need more than the default of a container, 64 MiB.
     */
    sharedMemory?: pulumi.Input<string>;
}

/** The arguments of every workload: where it runs, what it runs, and with which resources. */
export interface WorkloadArgs extends MetadataArgs {
    /**
     * Name of the workload's objects in Kubernetes, for example "fraud". Set it to create two workloads of the same
     * name in different namespaces or clusters, because Pulumi needs different names for the components. It must be a
     * plain value. Changing it replaces all objects of the component. Defaults to the name of the component.
     */
    name?: string;
    /** Where the workload runs: namespace, queue, service account and image pull secrets in one value. */
    workspace: WorkspaceArgs;
    /**
     * The container image as `repository@sha256:…`, such as the `ref` of an `Image`. Tags are refused, because they may
     * point to another image later.
     */
    image: pulumi.Input<string>;
    /**
     * The command and its leading arguments, without a shell. `$(NAME)` is the value of a variable of the container, and
     * `$$` is `$`. Defaults to the entrypoint of the image.
     */
    command?: pulumi.Input<string>[];
    /** The arguments of the command, in which `$(NAME)` and `$$` have the same meaning. Defaults to the CMD of the image. */
    args?: pulumi.Input<string>[];
    /** Environment variables in plain text, which are literal. Secret Outputs are refused; use `secretEnv`. */
    env?: Record<string, pulumi.Input<string>>;
    /**
     * Environment variables with secret values. They are stored in a Kubernetes Secret to which the pod refers, and are
     * encrypted in the state and hidden in previews.
     */
    secretEnv?: Record<string, pulumi.Input<string>>;
    /**
     * Existing Secrets and ConfigMaps whose keys are environment variables. A later entry overrides an earlier one, and
     * `env` and `secretEnv` override all of them. Their names are part of the content of a run; what is in them is not.
     * Defaults to none.
     */
    envFrom?: EnvFromArgs[];
    /** The compute resources of each pod. */
    resources?: ResourcesArgs;
    /** The GPUs of each pod. Defaults to none. */
    gpu?: GpuArgs;
    /** Volumes to mount into each pod, such as data sets, certificates and scratch space. Defaults to none. */
    mounts?: MountArgs[];
    /** User ID that the container runs as; not 0. Defaults to the user of the image, which must be a numeric ID. */
    runAsUser?: pulumi.Input<number>;
    /** Whether the root filesystem is read-only, except for `/tmp`, which is also HOME. Defaults to true. */
    readOnlyRootFilesystem?: pulumi.Input<boolean>;
    /**
     * A patch for fields without an argument, merged into the pod's `spec`, a PodSpec of Kubernetes: objects are merged;
     * containers, volumes and variables by name, mounts by path; tolerations and the like are appended; lists of strings
     * are replaced, and `null` removes a field. The container is named `main`. A field that Kubernetes does not have is an
     * error. Values are stored in the pod in plain text; use `secretEnv` for secrets. Defaults to none.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema analyzer does not know `unknown`.
    podSpec?: Record<string, any>;
}

const notOnCommandLine = "the command line of a pod is stored in plain text: move it to secretEnv";

/** The rules of the arguments that all workloads have. */
export const workloadFields = {
    name: plain(objectName, "it must be a plain value, because it decides which objects are created"),
    workspace: required(
        object<WorkspaceArgs>({
            namespace: required(dnsLabel, "set the namespace"),
            queue: dnsSubdomain,
            serviceAccount: dnsSubdomain,
            imagePullSecrets: list(required(dnsSubdomain, "remove the entry or set it to the name of a Secret")),
        }),
        'set it, for example to { namespace: "fraud" }',
    ),
    image: required(imageRef, "set it to repository@sha256:…, such as the ref of an Image"),
    command: list(required(stringRule({ notSecret: notOnCommandLine }), "remove the entry or set it to a string")),
    args: list(required(plainString(notOnCommandLine), "remove the entry or set it to a string")),
    env: map(environmentNameProblem, plainString("move it to secretEnv, which stores it in a Kubernetes Secret")),
    secretEnv: map(environmentNameProblem, secretString),
    envFrom: envFromRule,
    resources: object<ResourcesArgs>({ cpu, memory: bytes, sharedMemory: bytes }),
    gpu: gpuRule,
    mounts: mountsRule,
    runAsUser: integer(1, 2 ** 31 - 1),
    readOnlyRootFilesystem: boolean,
    podSpec: podSpecRule,
    ...metadataFields,
} satisfies RulesOf<WorkloadArgs>;

/** Returns the rule of a string, which may be empty, that is stored in plain text. */
function plainString(notSecret: string): Rule {
    return rule((value) => (typeof value === "string" ? undefined : "it must be a string"), { notSecret });
}

/**
 * Checks the length of a workload's name where something allows fewer characters than `objectName`, which has reported a
 * name that is even longer.
 *
 * @param where - Where the name must be shorter, such as `for a Notebook`.
 */
export function checkNameLength(
    args: WorkloadArgs,
    name: string,
    longest: number,
    where: string,
    problems: Problems,
): void {
    if (name.length > longest && name.length <= longestName) {
        const field = args.name === undefined ? "the name" : "name";
        problems.add(field, `is "${name}"; it must be at most ${longest} characters ${where}`);
    }
}

/**
 * Checks arguments of all workloads together.
 *
 * @param own - The paths at which the component itself mounts something.
 */
export function checkWorkload(args: WorkloadArgs, problems: Problems, own: OwnPaths = {}): void {
    checkGpu(args.gpu, problems);
    checkMounts(args.mounts, own, problems);
    for (const name of Object.keys(args.secretEnv ?? {}).filter((key) => key in (args.env ?? {}))) {
        problems.add(`env.${name}`, "is also in secretEnv; remove one of them");
    }
}
