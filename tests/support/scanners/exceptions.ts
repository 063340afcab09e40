/** What scanners find in the components' objects, and why it is intended. */
import type { Finding } from ".";

export interface Exception {
    /** The checks, of either scanner, that find it. */
    checks: string[];
    /** Where it is intended. Defaults to everywhere. */
    where?: (finding: Finding) => boolean;
    why: string;
}

const runs = /^(TrainingJob|Sweep|BatchInference|Schedule)|^the scenario (train|sweep|batch|schedule)/;
const isNotebook = ({ origin }: Finding): boolean => /Notebook|notebook/.test(origin);
const hasAllArguments = ({ origin }: Finding): boolean => origin.endsWith("all arguments");

export const exceptions: Exception[] = [
    {
        checks: ["container-image-pull-policy"],
        why: "images are pinned by digest, so a cached image is the right one",
    },
    {
        checks: ["container-resources", "CKV_K8S_11"],
        why: "memory has a limit; a limit of CPU would only waste idle time (see ResourcesArgs.cpu)",
    },
    {
        checks: ["container-ephemeral-storage-request-and-limit"],
        why: "how much a program writes to /tmp is unknown; the kubelet evicts a pod that fills its node",
    },
    {
        checks: ["pod-networkpolicy", "CKV2_K8S_6"],
        why: "network policies belong to the namespace, not to the component",
    },
    {
        checks: ["container-security-context-user-group-id", "CKV_K8S_40"],
        why: "the user is the image's, never root; runAsUser sets another",
    },
    {
        checks: ["CKV_K8S_35"],
        why: "programs read their secrets from environment variables, whose values are in a Secret",
    },
    {
        checks: ["CKV_K8S_8", "CKV_K8S_9"],
        where: ({ origin }) => runs.test(origin),
        why: "a pod that runs to completion serves no requests",
    },
    {
        checks: ["pod-probes", "CKV_K8S_8", "CKV_K8S_9"],
        where: isNotebook,
        why: "restarting a notebook would lose its user's computations; the sidecar serves no requests",
    },
    {
        checks: ["CKV_K8S_8", "CKV_K8S_9"],
        where: ({ origin, name }) => origin.includes("llm-kserve") || name.startsWith("llm-nodes-leaderworkerset"),
        why: "KServe adds the probes to its pods; of several nodes only the first receives requests",
    },
    {
        checks: ["container-security-context-readonlyrootfilesystem", "CKV_K8S_22"],
        where: ({ origin }) => origin.includes("llm-kserve"),
        why: "KServe's own pods are the same, for the hook with which NVIDIA's runtime adds its files",
    },
    {
        checks: ["service-targets-pod"],
        where: ({ name }) => name === "llm-nodes",
        why: "its pods belong to a LeaderWorkerSet, which sets the label that the Service selects",
    },
    {
        checks: ["deployment-has-poddisruptionbudget"],
        where: ({ name }) => name.endsWith("-canary"),
        why: "a canary is for trials, and must not block the drain of a node",
    },
    {
        checks: ["pod-probes-identical"],
        why: "the paths differ if livenessPath and readinessPath do; with a single path, the liveness probe is less frequent",
    },
    {
        checks: ["container-security-context-readonlyrootfilesystem", "CKV_K8S_22"],
        where: hasAllArguments,
        why: "readOnlyRootFilesystem is set to false",
    },
    {
        checks: ["CKV_K8S_38"],
        where: hasAllArguments,
        why: "workspace.serviceAccount names an account whose token is needed",
    },
    {
        checks: [
            "statefulset-has-servicename",
            "statefulset-has-poddisruptionbudget",
            "statefulset-has-host-podantiaffinity",
        ],
        where: isNotebook,
        why: "a notebook is a single pod; a budget would block the drain of its node forever",
    },
    {
        checks: ["deployment-replicas", "horizontalpodautoscaler-replicas"],
        why: "one pod is the default, as GPUs are expensive; replicas or autoscaling.min set more",
    },
    {
        checks: ["deployment-has-host-podantiaffinity"],
        why: "topologySpreadConstraints spread the pods over nodes, which the scanner does not consider",
    },
];
