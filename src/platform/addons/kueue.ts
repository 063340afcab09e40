import { duration, seconds } from "../../arguments/duration";
import { oneOf, boolean } from "../../arguments/formats";
import { list, object } from "../../arguments/rules";
import { CaInjector, type Definition, InstallPhase } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { controllerReplicas } from "./shared/controller-replicas";

/** All-or-nothing start: what Kueue does with a job whose pods do not all become ready. */
export interface KueuePodsReadyArgs {
    /** How long the pods of an admitted job may take to become ready before the job is requeued. Defaults to "5m". */
    timeout?: string;
    /** Whether no other workload is admitted until they are ready. Defaults to false. */
    blockAdmission?: boolean;
}

/** The arguments of Kueue. Its namespace defaults to "kueue-system". */
export interface KueueArgs extends PlatformAddonArgs {
    /**
     * The integrations to enable, by their names in Kueue's configuration. Defaults to jobs ("batch/job"), pods, and
     * the kinds of all other add-ons. A kind whose CRD is missing is queued once the CRD is installed.
     */
    frameworks?: string[];
    /**
     * Whether jobs without a queue name are suspended as well, in namespaces with the label
     * `kueue.x-k8s.io/managed-namespace: "true"`. Defaults to false: a job without a queue name starts at once.
     */
    manageJobsWithoutQueue?: boolean;
    /**
     * Whether idle quota of a cohort goes to the queue that uses the least. Defaults to false: it goes to the workload that was queued first.
     */
    fairSharing?: boolean;
    /** All-or-nothing start: requeues a job whose pods do not all become ready. Defaults to disabled. */
    waitForPodsReady?: KueuePodsReadyArgs;
}

const frameworks = [
    "batch/job",
    "jobset.x-k8s.io/jobset",
    "trainer.kubeflow.org/trainjob",
    "ray.io/rayjob",
    "ray.io/raycluster",
    "ray.io/rayservice",
    "leaderworkerset.x-k8s.io/leaderworkerset",
    "pod",
    "deployment",
    "statefulset",
    "kubeflow.org/mpijob",
    "kubeflow.org/pytorchjob",
    "kubeflow.org/tfjob",
    "kubeflow.org/xgboostjob",
    "kubeflow.org/jaxjob",
    "kubeflow.org/paddlejob",
    "workload.codeflare.dev/appwrapper",
    "sparkoperator.k8s.io/sparkapplication",
];

/** Servers are queued only on request: their webhook would be called for all Deployments of the cluster. */
const defaultFrameworks = frameworks.slice(0, 8);

const managedNamespace = "kueue.x-k8s.io/managed-namespace";
const flavor = "default";
const versions = ["v1beta2", "v1beta1"];

/** Returns Kueue's configuration. JSON is valid YAML. */
function configuration(settings: KueueArgs): string {
    const { waitForPodsReady: ready } = settings;
    return JSON.stringify(
        {
            apiVersion: "config.kueue.x-k8s.io/v1beta2",
            kind: "Configuration",
            health: { healthProbeBindAddress: ":8081" },
            metrics: { bindAddress: ":8443", enableClusterQueueResources: true },
            webhook: { port: 9443 },
            leaderElection: { leaderElect: true, resourceName: "c1f6bfd2.kueue.x-k8s.io" },
            controller: {
                groupKindConcurrency: {
                    "Job.batch": 5,
                    Pod: 5,
                    "Workload.kueue.x-k8s.io": 10,
                    "LocalQueue.kueue.x-k8s.io": 5,
                    "ClusterQueue.kueue.x-k8s.io": 5,
                    "ResourceFlavor.kueue.x-k8s.io": 1,
                },
            },
            clientConnection: { qps: 300, burst: 500 },
            manageJobsWithoutQueueName: settings.manageJobsWithoutQueue ?? false,
            ...(settings.manageJobsWithoutQueue && {
                managedJobsNamespaceSelector: { matchLabels: { [managedNamespace]: "true" } },
            }),
            ...(ready && {
                waitForPodsReady: {
                    timeout: `${seconds(ready.timeout ?? "5m")}s`,
                    blockAdmission: ready.blockAdmission ?? false,
                },
            }),
            integrations: { frameworks: settings.frameworks ?? defaultFrameworks },
            ...(settings.fairSharing && {
                fairSharing: { preemptionStrategies: ["LessThanOrEqualToFinalShare", "LessThanInitialShare"] },
            }),
        },
        undefined,
        2,
    );
}

export const kueue: Definition<KueueArgs> = {
    title: "Kueue",
    purpose: "Queues jobs, and starts each when there is quota for all of its pods.",
    homepage: "https://kueue.sigs.k8s.io/docs/",
    version: "0.19.2",
    charts: [{ name: "kueue", version: "0.19.2", repository: "oci://registry.k8s.io/kueue/charts" }],
    namespace: "kueue-system",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource:
        "https://github.com/kubernetes-sigs/kueue (README: 1.29 or newer; its Workload CRD needs selectableFields, 1.31)",
    crds: Object.fromEntries(
        [
            "admissionchecks",
            "clusterqueues",
            "cohorts",
            "localqueues",
            "multikueueclusters",
            "multikueueconfigs",
            "provisioningrequestconfigs",
            "resourceflavors",
            "topologies",
            "workloadpriorityclasses",
            "workloads",
        ].map((plural) => [`${plural}.kueue.x-k8s.io`, versions]),
    ),
    installPhase: InstallPhase.Late,
    caInjector: () => CaInjector.Controller,
    upgrades: {
        oneMinorAtATime: true,
        notes: [
            "v1beta1 is served but deprecated; objects are stored as v1beta2.",
            "The controller must be running when objects of a CRD with a conversion webhook are read in another version.",
        ],
    },
    fields: {
        frameworks: list(oneOf(frameworks)),
        manageJobsWithoutQueue: boolean,
        fairSharing: boolean,
        waitForPodsReady: object<KueuePodsReadyArgs>({ timeout: duration, blockAdmission: boolean }),
    },
    check: ({ frameworks: chosen }, problems) => {
        const needPods = ["deployment", "statefulset", "leaderworkerset.x-k8s.io/leaderworkerset"];
        const missing = chosen?.find((framework) => needPods.includes(framework));
        if (missing && !chosen?.includes("pod")) {
            problems.add("frameworks", `has "${missing}" but not "pod", which it requires; add "pod"`);
        }
    },
    values: (settings, context) => ({
        kueue: {
            enablePrometheus: context.has("kubePrometheusStack"),
            controllerManager: {
                replicas: controllerReplicas(context),
                ...(context.highlyAvailable && { podDisruptionBudget: { enabled: true, minAvailable: 1 } }),
                ...(context.small && {
                    manager: { resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } } },
                }),
            },
            managerConfig: { controllerManagerConfigYaml: configuration(settings) },
        },
    }),
    objects: () => [
        { apiVersion: "kueue.x-k8s.io/v1beta2", kind: "ResourceFlavor", metadata: { name: flavor }, spec: {} },
    ],
    outputs: () => ({ apiVersion: "kueue.x-k8s.io/v1beta2", resourceFlavor: flavor }),
};
