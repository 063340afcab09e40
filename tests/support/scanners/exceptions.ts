/** What scanners find in what the components make, and why it is meant so. */
import type { Finding } from ".";

export interface Exception {
    /** The checks, of either scanner, that find it. */
    checks: string[];
    /** Where it is meant so. Defaults to everywhere. */
    where?: (finding: Finding) => boolean;
    why: string;
}

const runs = /^(TrainingJob|Sweep|BatchInference|Schedule)|^the scenario (train|sweep|batch|schedule)/;
const isNotebook = ({ origin }: Finding): boolean => /Notebook|notebook/.test(origin);
const hasAllArguments = ({ origin }: Finding): boolean => origin.endsWith("all arguments");

export const exceptions: Exception[] = [
    {
        checks: ["container-image-pull-policy"],
        why: "images are named by their digest, so what a node has is what is wanted",
    },
    {
        checks: ["container-resources", "CKV_K8S_11"],
        why: "memory has a limit; a limit of CPU would only waste time that nobody else wants (see ResourcesArgs.cpu)",
    },
    {
        checks: ["container-ephemeral-storage-request-and-limit"],
        why: "how much a program writes to /tmp is not known; the kubelet evicts a pod that fills its node",
    },
    {
        checks: ["pod-networkpolicy", "CKV2_K8S_6"],
        why: "who may talk to whom is a matter of the namespace, which is not the component's",
    },
    {
        checks: ["container-security-context-user-group-id", "CKV_K8S_40"],
        why: "the user is the image's own, never root; runAsUser names another",
    },
    {
        checks: ["CKV_K8S_35"],
        why: "programs read their secrets from variables; the values stand in a Secret all the same",
    },
    {
        checks: ["CKV_K8S_8", "CKV_K8S_9"],
        where: ({ origin }) => runs.test(origin),
        why: "a pod that runs to its end serves nobody",
    },
    {
        checks: ["pod-probes", "CKV_K8S_8", "CKV_K8S_9"],
        where: isNotebook,
        why: "to start a notebook anew would lose what its user computes; the container beside it serves nobody",
    },
    {
        checks: ["CKV_K8S_8", "CKV_K8S_9"],
        where: ({ origin, name }) => origin.includes("llm-kserve") || name.startsWith("llm-nodes-leaderworkerset"),
        why: "KServe adds the probes to its pods; of several nodes only the first is asked anything",
    },
    {
        checks: ["container-security-context-readonlyrootfilesystem", "CKV_K8S_22"],
        where: ({ origin }) => origin.includes("llm-kserve"),
        why: "KServe's own pods are like this, for the hook by which NVIDIA's runtime adds its files",
    },
    {
        checks: ["service-targets-pod"],
        where: ({ name }) => name === "llm-nodes",
        why: "its pods are those of a LeaderWorkerSet, which gives each the label that the Service looks for",
    },
    {
        checks: ["deployment-has-poddisruptionbudget"],
        where: ({ name }) => name.endsWith("-canary"),
        why: "a canary is there to be tried, and must keep no node from being drained",
    },
    {
        checks: ["pod-probes-identical"],
        why: "the paths differ where livenessPath and readinessPath do; a server that has one path only is asked less often whether it lives",
    },
    {
        checks: ["container-security-context-readonlyrootfilesystem", "CKV_K8S_22"],
        where: hasAllArguments,
        why: "readOnlyRootFilesystem: false says so",
    },
    {
        checks: ["CKV_K8S_38"],
        where: hasAllArguments,
        why: "workspace.serviceAccount names an account whose token is wanted",
    },
    {
        checks: [
            "statefulset-has-servicename",
            "statefulset-has-poddisruptionbudget",
            "statefulset-has-host-podantiaffinity",
        ],
        where: isNotebook,
        why: "a notebook is one pod with an address; a budget would keep its node from being drained for ever",
    },
    {
        checks: ["deployment-replicas", "horizontalpodautoscaler-replicas"],
        why: "one pod is the default, as GPUs cost; replicas or autoscaling.min say more",
    },
    {
        checks: ["deployment-has-host-podantiaffinity"],
        why: "topologySpreadConstraints spread the pods over nodes, which the scanner does not know",
    },
];
