import { oneOf } from "../../arguments/formats";
import { list } from "../../arguments/rules";
import { CaInjector, type Definition, type KubernetesObject, type Values } from "../catalog/definition";
import type { PlatformAddonArgs } from "../catalog/platform-addon-args";
import { serviceMonitors } from "../monitoring/service-monitors";
import { controllerReplicas } from "./shared/controller-replicas";
import { disruptionBudgets } from "./shared/disruption-budgets";

/** The ClusterTrainingRuntimes of upstream, by their names. */
export const TrainerRuntime = {
    /** PyTorch, with `torchrun`. */
    Torch: "torch-distributed",
    /** JAX. */
    Jax: "jax-distributed",
    /** XGBoost. */
    Xgboost: "xgboost-distributed",
    /** DeepSpeed, over MPI. */
    DeepSpeed: "deepspeed-distributed",
    /** MLX, over MPI. */
    Mlx: "mlx-distributed",
} as const;
export type TrainerRuntime = (typeof TrainerRuntime)[keyof typeof TrainerRuntime];

/** The arguments of Kubeflow Trainer. Its namespace defaults to "kubeflow-system". */
export interface KubeflowTrainerArgs extends PlatformAddonArgs {
    /** The ClusterTrainingRuntimes to install. Defaults to all. A node pulls an image when it is first used. */
    runtimes?: TrainerRuntime[];
}

const version = "2.3.0";
const apiVersion = "trainer.kubeflow.org/v1alpha1";

/** The image of each runtime, in the version for this version of Trainer. */
const images = {
    [TrainerRuntime.Torch]: "pytorch/pytorch:2.13.0-cuda13.0-cudnn9-runtime",
    [TrainerRuntime.Jax]: "nvcr.io/nvidia/jax:25.10-py3",
    [TrainerRuntime.Xgboost]: `ghcr.io/kubeflow/trainer/xgboost-runtime:v${version}`,
    [TrainerRuntime.DeepSpeed]: `ghcr.io/kubeflow/trainer/deepspeed-runtime:v${version}`,
    [TrainerRuntime.Mlx]: `ghcr.io/kubeflow/trainer/mlx-runtime:v${version}`,
};

/** The pods that run the user's program: Trainer selects them by this label and by the container name "node". */
const trainer = { labels: { "trainer.kubeflow.org/trainjob-ancestor-step": "trainer" } };

/** Processes that find each other by environment variables. */
function plainRuntime(framework: string, image: string): Values {
    const containers = [{ name: "node", image }];
    return {
        mlPolicy: { numNodes: 1, [framework]: {} },
        template: {
            spec: {
                replicatedJobs: [
                    { name: "node", template: { metadata: trainer, spec: { template: { spec: { containers } } } } },
                ],
            },
        },
    };
}

/** Processes that a launcher starts over SSH, on nodes that wait for it. */
function mpiRuntime(image: string): Values {
    const container = { name: "node", image, securityContext: { runAsUser: 1000 } };
    const node = {
        ...container,
        command: ["/usr/sbin/sshd"],
        args: ["-De", "-f", "/home/mpiuser/.sshd_config"],
        readinessProbe: { tcpSocket: { port: 2222 }, initialDelaySeconds: 5 },
    };
    const job = (only: Values) => ({ template: { spec: { securityContext: { fsGroup: 1000 }, containers: [only] } } });
    return {
        mlPolicy: {
            numNodes: 1,
            mpi: {
                numProcPerNode: 1,
                mpiImplementation: "OpenMPI",
                sshAuthMountPath: "/home/mpiuser/.ssh",
                runLauncherAsNode: true,
            },
        },
        template: {
            spec: {
                network: { publishNotReadyAddresses: true },
                successPolicy: { operator: "All", targetReplicatedJobs: ["launcher"] },
                replicatedJobs: [
                    { name: "node", template: { spec: job(node) } },
                    {
                        name: "launcher",
                        dependsOn: [{ name: "node", status: "Ready" }],
                        template: { metadata: trainer, spec: job(container) },
                    },
                ],
            },
        },
    };
}

/** The labels of its controller's pods and Service. */
const controller = { "app.kubernetes.io/name": "kubeflow-trainer", "app.kubernetes.io/component": "manager" };

function runtime(name: TrainerRuntime): KubernetesObject {
    const framework = name.replace("-distributed", "");
    const mpi = name === TrainerRuntime.DeepSpeed || name === TrainerRuntime.Mlx;
    return {
        apiVersion,
        kind: "ClusterTrainingRuntime",
        metadata: { name, labels: { "trainer.kubeflow.org/framework": framework } },
        spec: mpi ? mpiRuntime(images[name]) : plainRuntime(framework, images[name]),
    };
}

export const kubeflowTrainer: Definition<KubeflowTrainerArgs> = {
    title: "Kubeflow Trainer",
    purpose: "Trains models on several nodes, with PyTorch, JAX, DeepSpeed and others.",
    homepage: "https://www.kubeflow.org/docs/components/trainer/",
    version,
    charts: [{ name: "kubeflow-trainer", version, repository: "oci://ghcr.io/kubeflow/charts" }],
    namespace: "kubeflow-system",
    kubernetes: { min: "1.31", max: "1.36" },
    kubernetesSource:
        "https://github.com/kubeflow/trainer/blob/v2.3.0/charts/kubeflow-trainer/README.md (1.31 or newer)",
    crds: {
        "trainjobs.trainer.kubeflow.org": ["v1alpha1"],
        "trainingruntimes.trainer.kubeflow.org": ["v1alpha1"],
        "clustertrainingruntimes.trainer.kubeflow.org": ["v1alpha1"],
    },
    requires: () => ["jobset"],
    after: ["kubePrometheusStack"],
    caInjector: () => CaInjector.Controller,
    upgrades: {
        notes: [
            "Its only API version is v1alpha1.",
            "The jobs of Training Operator v1 (PyTorchJob and others) are not supported.",
        ],
    },
    hooks:
        "A hook Job downloads kubectl and applies the enabled runtimes. " +
        "Here, they are objects of the platform, created once the webhook answers.",
    fields: { runtimes: list(oneOf(Object.values(TrainerRuntime))) },
    values: (_settings, context) => ({
        "kubeflow-trainer": {
            crds: { enabled: true },
            jobset: { install: false },
            dataCache: { enabled: false, lws: { install: false } },
            runtimes: { defaultEnabled: false },
            manager: {
                replicas: controllerReplicas(context),
                resources: {
                    requests: context.small ? { cpu: "25m", memory: "64Mi" } : { cpu: "100m", memory: "256Mi" },
                },
            },
        },
    }),
    objects: ({ runtimes }, context) => [
        ...(runtimes ?? Object.values(TrainerRuntime)).map(runtime),
        ...disruptionBudgets(context, "kubeflow-trainer-controller-manager", controller),
        ...serviceMonitors(context, [
            {
                name: "kubeflow-trainer-controller-manager",
                labels: controller,
                port: "monitoring-port",
                secure: true,
            },
        ]),
    ],
    outputs: () => ({ apiVersion }),
};
