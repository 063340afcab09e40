import * as apps from "@pulumi/kubernetes/apps/v1";
import * as autoscaling from "@pulumi/kubernetes/autoscaling/v2";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";

import { duration } from "../duration";
import { contentHash } from "../manifests/hash";
import { modelProblem } from "../manifests/model";
import {
    serverAutoscaler,
    serverDeployment,
    serverDisruptionBudget,
    serverLabels,
    serverService,
} from "../manifests/server";
import { absolutePath, integer, object, Problems, required, rule, validate } from "../validation";
import { environmentSecret } from "./secret";
import { checkWorkload, WorkloadArgs, workloadFields } from "./workload";

/** How many pods a server has, by the CPU they use. Needs metrics-server or another source of resource metrics. */
export interface AutoscalingArgs {
    /** The least number of pods. Defaults to 1. */
    min?: pulumi.Input<number>;
    /** The greatest number of pods. */
    max: pulumi.Input<number>;
    /** The share of their requested CPU, in per cent, that pods use on average. Defaults to 80. */
    targetCpuUtilization?: pulumi.Input<number>;
}

/** The arguments of a ModelServer. */
export interface ModelServerArgs extends WorkloadArgs {
    /**
     * The model to serve, such as the `model` of a TrainingJob. One in a claim (`pvc://<claim>/<directory>`) is mounted
     * read-only at MODEL_DIR; any other address is handed over as MODEL_URI for the container to download to MODEL_DIR.
     * Another model is rolled out without a dropped request.
     */
    model?: pulumi.Input<string>;
    /** The port on which the container serves HTTP, which it is told as PORT. Defaults to 8080. */
    port?: pulumi.Input<number>;
    /** The number of pods. Defaults to 1. Not together with `autoscaling`. */
    replicas?: pulumi.Input<number>;
    /** Lets the number of pods follow the load. Not together with `replicas`. */
    autoscaling?: AutoscalingArgs;
    /** The path that answers 200 while the container works; it is restarted when it does not. Defaults to "/healthz". */
    healthPath?: pulumi.Input<string>;
    /** The path that answers 200 while requests can be served. Defaults to `healthPath`. */
    readyPath?: pulumi.Input<string>;
    /** How long a pod may take until it is ready, loading the model included. Defaults to "5m". */
    startupTimeout?: pulumi.Input<string>;
    /** How long a pod that is told to stop has for the requests it still works on. Defaults to "30s". */
    shutdownTimeout?: pulumi.Input<string>;
}

const fields = {
    ...workloadFields,
    model: rule(modelProblem),
    port: integer(1, 65535),
    replicas: integer(0, 10000),
    autoscaling: object({
        min: integer(1, 10000),
        max: required(integer(1, 10000), "say up to how many pods it may grow"),
        targetCpuUtilization: integer(1, 1000),
    }),
    healthPath: absolutePath,
    readyPath: absolutePath,
    startupTimeout: duration,
    shutdownTimeout: duration,
};

function checkAcross(args: ModelServerArgs, problems: Problems): void {
    checkWorkload(args, problems);
    if (args.replicas !== undefined && args.autoscaling !== undefined) {
        problems.add("replicas", "is given besides autoscaling, which owns the number; leave one of them out");
    }
    const { min, max } = args.autoscaling ?? {};
    if (typeof min === "number" && typeof max === "number" && min > max) {
        problems.add("autoscaling.min", `is ${min}; it must be at most autoscaling.max, which is ${max}`);
    }
}

/**
 * A server of a model over HTTP: pods with probes, one address, a disruption budget, and as many pods as are told or
 * needed.
 *
 * Every change of the image, the command, the model or the resources is a rolling update: a new pod is ready before an
 * old one goes, and one that goes still answers until nothing is sent to it any more. The container must finish what it
 * works on when it gets SIGTERM. What cannot be changed in place: the name, and the workspace's namespace, which moves
 * the server there.
 *
 * In the container PORT is the port to serve on, MODEL_DIR the model's directory and MODEL_URI its address.
 */
export class ModelServer extends pulumi.ComponentResource {
    /** The address inside the cluster, for example "http://fraud.ml.svc.cluster.local:8080". */
    public readonly url: pulumi.Output<string>;
    /** The name of the Service. */
    public readonly serviceName: pulumi.Output<string>;

    constructor(name: string, args: ModelServerArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("ModelServer", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:ModelServer", name, {}, opts);

        const secret =
            checked.secretEnv &&
            environmentSecret(
                name,
                {
                    // Named after its content: a new password is a new Secret, which is rolled out like any change.
                    secretName: pulumi.interpolate`${name}-env-${contentHash(checked.secretEnv)}`,
                    namespace: checked.workspace.namespace,
                    labels: serverLabels(name),
                    values: checked.secretEnv,
                },
                { parent: this },
            );
        const service = new core.Service(`${name}-service`, serverService(name, checked), { parent: this });
        const deployment = new apps.Deployment(
            `${name}-deployment`,
            serverDeployment(name, checked, secret?.metadata.name),
            {
                parent: this,
                // Where another stack has a server of this name, that is found out before its pods are touched.
                dependsOn: service,
                // An autoscaler that takes over finds the number as it is; no longer saying one would set it to one.
                ignoreChanges: checked.autoscaling && ["spec.replicas"],
            },
        );
        new policy.PodDisruptionBudget(`${name}-pdb`, serverDisruptionBudget(name, checked), { parent: this });
        if (checked.autoscaling) {
            new autoscaling.HorizontalPodAutoscaler(
                `${name}-hpa`,
                serverAutoscaler(name, checked, checked.autoscaling),
                { parent: this, dependsOn: deployment },
            );
        }

        this.serviceName = service.metadata.name;
        // Whoever uses the address waits for pods that answer, which the Deployment has when it is through.
        this.url = pulumi
            .all([service.metadata, checked.port ?? 8080, deployment.metadata.name])
            .apply(([{ name: host, namespace }, port]) => `http://${host}.${namespace}.svc.cluster.local:${port}`);
        this.registerOutputs({ url: this.url, serviceName: this.serviceName });
    }
}
