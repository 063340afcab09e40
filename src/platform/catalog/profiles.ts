import type { AddonName } from "./names";

/** What a platform has unless it is told otherwise. */
export const Profile = {
    /** Nothing but what is asked for, and what that needs. */
    None: "none",
    /** Queues, training operators and monitoring. */
    Training: "training",
    /** Autoscaled model servers behind a gateway, and monitoring. */
    Serving: "serving",
    /** Both, with pipelines, tracking, notebooks, logs, cost, policies and what these need. */
    Full: "full",
} as const;
export type Profile = (typeof Profile)[keyof typeof Profile];

/** How the controllers of a platform bear the loss of a node. */
export const Availability = {
    /** One pod each: while it moves to another node, nothing new is admitted or reconciled. */
    Single: "single",
    /** Two pods each, of which one works, on clusters of several nodes. */
    High: "high",
} as const;
export type Availability = (typeof Availability)[keyof typeof Availability];

/** How much the platform itself takes of the cluster. */
export const Footprint = {
    /** What the add-ons' publishers recommend. */
    Standard: "standard",
    /** What fits a laptop: small requests, short retention, nothing kept on volumes unless it is asked for. */
    Small: "small",
} as const;
export type Footprint = (typeof Footprint)[keyof typeof Footprint];

const base: AddonName[] = ["certManager", "metricsServer", "kubePrometheusStack"];
const training: AddonName[] = [...base, "kueue", "jobset", "kubeflowTrainer", "kuberay"];
const serving: AddonName[] = [...base, "keda", "gatewayApi", "envoyGateway", "kserve"];

/**
 * The add-ons of each profile. GPUs are in none of them: which add-on they need depends on the nodes, and a cloud
 * provider may have put it there already.
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
