import type { AddonName } from "./names";

/** The add-ons that a platform has by default. */
export const Profile = {
    /** Only the requested add-ons, and what they need. */
    None: "none",
    /** Queues, training operators and monitoring. */
    Training: "training",
    /** Autoscaled model servers behind a gateway, and monitoring. */
    Serving: "serving",
    /** Both, and pipelines, experiment tracking, notebooks, logs, costs, policies and what these need. */
    Full: "full",
} as const;
export type Profile = (typeof Profile)[keyof typeof Profile];

/** The availability of the platform's controllers when a node fails. */
export const Availability = {
    /** One pod each: while it moves to another node, nothing is admitted or reconciled. */
    Single: "single",
    /** Two pods each, one of them on standby, for clusters of several nodes. */
    High: "high",
} as const;
export type Availability = (typeof Availability)[keyof typeof Availability];

/** The resources that the platform itself uses. */
export const Footprint = {
    /** The recommendations of the add-ons' publishers. */
    Standard: "standard",
    /** For a laptop: small requests, short retention, and no volumes unless requested. */
    Small: "small",
} as const;
export type Footprint = (typeof Footprint)[keyof typeof Footprint];

const base: AddonName[] = ["certManager", "metricsServer", "kubePrometheusStack"];
const training: AddonName[] = [...base, "kueue", "jobset", "kubeflowTrainer", "kuberay"];
const serving: AddonName[] = [...base, "keda", "gatewayApi", "envoyGateway", "kserve"];

/**
 * The add-ons of each profile. None of them has add-ons for GPUs: which ones are needed depends on the nodes, and a
 * cloud provider may have installed them.
 */
export const profiles: Record<Profile, AddonName[]> = {
    [Profile.None]: [],
    [Profile.Training]: training,
    [Profile.Serving]: serving,
    [Profile.Full]: [
        ...new Set([
            ...training,
            ...serving,
            "leaderWorkerSet" as const,
            "inferenceExtension" as const,
            "argoWorkflows" as const,
            "mlflow" as const,
            "jupyterhub" as const,
            "seaweedfs" as const,
            "cloudnativePg" as const,
            "externalSecrets" as const,
            "opencost" as const,
            "kyverno" as const,
            "loki" as const,
            "alloy" as const,
        ]),
    ],
};
