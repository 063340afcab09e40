/**
 * The names of all objects that workloads create. Services, Deployments and CronJobs, whose names users type, have the
 * name of the workload; all other names end in the type of workload, so that a TrainingJob, a Notebook and a ModelServer
 * may have the same name. The names of Jobs, claims and other objects that must exist beside their predecessors also end
 * in a hash; see `hashedName`.
 */

/** Returns functions that append these suffixes to the name of a workload. */
function suffixed<Part extends string>(suffixes: Record<Part, string>): Record<Part, (name: string) => string> {
    const functions = Object.entries<string>(suffixes).map(([part, suffix]) => [
        part,
        (name: string) => (suffix === "" ? name : `${name}-${suffix}`),
    ]);
    return Object.fromEntries(functions) as Record<Part, (name: string) => string>;
}

export const trainingNames = suffixed({
    secret: "training-env",
    /** The headless Service, which is part of the hostnames of a run's pods. */
    nodes: "training",
    model: "training-model",
    checkpoint: "training-checkpoint",
    gpuClaim: "training-gpu",
    record: "training",
});

export const sweepNames = suffixed({
    secret: "sweep-env",
    results: "sweep",
    trials: "sweep-trials",
    best: "sweep-best",
    gpuClaim: "sweep-gpu",
    record: "sweep",
});

export const batchNames = suffixed({ cronJob: "", record: "batch", secret: "batch-env", gpuClaim: "batch-gpu" });

export const scheduleNames = suffixed({
    cronJob: "",
    secret: "schedule-env",
    model: "schedule-model",
    role: "schedule",
    record: "schedule",
    gpuClaim: "schedule-gpu",
});

export const notebookNames = suffixed({
    statefulSet: "notebook",
    service: "notebook",
    route: "notebook",
    role: "notebook",
    home: "notebook-home",
    secret: "notebook-env",
    seed: "notebook-seed",
    gpuClaim: "notebook-gpu",
});

export const serverNames = suffixed({
    server: "",
    canary: "canary",
    shadow: "shadow",
    /** The route of an InferenceService, because KServe creates one with the name of the server. */
    kserveRoute: "route",
    /** The Service and the Deployment that KServe creates for an InferenceService. */
    predictor: "predictor",
    secret: "server-env",
    cache: "server-cache",
    gpuClaim: "server-gpu",
});

export const llmServerNames = suffixed({
    server: "",
    pool: "",
    record: "llm-server",
    secret: "llm-server-env",
    cache: "llm-server-cache",
    gpuClaim: "llm-server-gpu",
});

/**
 * The objects that a workload claims: itself, because another one of the same type and name would create the same Jobs
 * and claims, and each object with a name that an object of another workload could have.
 */
export const trainingObjects = (name: string, nodes = 1): string[] => [
    `TrainingJob ${name}`,
    `ConfigMap ${trainingNames.record(name)}`,
    `Secret ${trainingNames.secret(name)}`,
    ...(nodes > 1 ? [`Service ${trainingNames.nodes(name)}`] : []),
];

export const sweepObjects = (name: string): string[] => [
    `Sweep ${name}`,
    `ConfigMap ${sweepNames.record(name)}`,
    `Secret ${sweepNames.secret(name)}`,
];

export const batchObjects = (name: string, scheduled: boolean): string[] => [
    `BatchInference ${name}`,
    `ConfigMap ${batchNames.record(name)}`,
    `Secret ${batchNames.secret(name)}`,
    ...(scheduled ? [`CronJob ${batchNames.cronJob(name)}`] : []),
];

export const scheduleObjects = (name: string): string[] => [
    `Schedule ${name}`,
    `CronJob ${scheduleNames.cronJob(name)}`,
    `ConfigMap ${scheduleNames.record(name)}`,
    `Secret ${scheduleNames.secret(name)}`,
    ...roleObjects(scheduleNames.role(name)),
];

export const notebookObjects = (name: string): string[] => [
    `Notebook ${name}`,
    `StatefulSet ${notebookNames.statefulSet(name)}`,
    `Service ${notebookNames.service(name)}`,
    `HTTPRoute ${notebookNames.route(name)}`,
    `Secret ${notebookNames.seed(name)}`,
    ...roleObjects(notebookNames.role(name)),
];

export const serverObjects = (name: string, parts: ("canary" | "shadow")[], kserve: boolean): string[] => [
    `ModelServer ${name}`,
    ...[
        name,
        ...parts.map((part) => serverNames[part](name)),
        ...(kserve ? [serverNames.predictor(name)] : []),
    ].flatMap((pods) => [`Service ${pods}`, `Deployment ${pods}`]),
    ...balancedObjects(name),
    ...(kserve ? [`HTTPRoute ${serverNames.kserveRoute(name)}`] : []),
];

export const llmServerObjects = (name: string): string[] => [
    `LlmServer ${name}`,
    `Service ${name}`,
    `Deployment ${name}`,
    `ConfigMap ${llmServerNames.record(name)}`,
    ...balancedObjects(name),
];

/** The objects with the name of the server that both ModelServer and LlmServer may create. */
const balancedObjects = (name: string): string[] =>
    ["PodDisruptionBudget", "HorizontalPodAutoscaler", "ScaledObject", "HTTPRoute"].map((kind) => `${kind} ${name}`);

const roleObjects = (name: string): string[] =>
    ["ServiceAccount", "Role", "RoleBinding"].map((kind) => `${kind} ${name}`);
