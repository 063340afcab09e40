import type { types } from "@pulumi/kubernetes";
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import type * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { objectMeta } from "../../pod/metadata";
import { containerName } from "../../pod/pod-template";
import { requestsQuery } from "../../serving/autoscaler";
import { type AutoscalingArgs, needsKeda } from "../../serving/autoscaling-args";
import { followed } from "../../serving/when-ready";
import type { ModelServerArgs } from "./args";
import { rollingUpdate } from "./deployment";
import { serverLabels, type ServerObjects, buildServerPodTemplate } from "./pods";

type Container = types.input.core.v1.Container;

/** The name by which KServe recognizes the container of the server. */
const kserveContainer = "kserve-container";

/**
 * Returns the InferenceService of a server. KServe's controller runs its pods as a Deployment.
 * Source: https://kserve.github.io/website/docs/reference/crd-api, and the sources of KServe 0.20
 */
export function buildInferenceService(name: string, args: ModelServerArgs, objects: ServerObjects): CustomResourceArgs {
    const { autoscaling, workspace } = args;
    const labels = serverLabels(name);
    const { metadata, spec } = buildServerPodTemplate(args, labels, objects) as {
        metadata: { labels: object; annotations?: object };
        spec: { containers: pulumi.Input<Container[]> };
    };
    return {
        apiVersion: "serving.kserve.io/v1beta1",
        kind: "InferenceService",
        metadata: objectMeta(name, workspace.namespace, labels, {
            ...followed,
            "serving.kserve.io/deploymentMode": "Standard",
            "serving.kserve.io/autoscalerClass": autoscalerClass(autoscaling),
        }),
        spec: {
            predictor: {
                ...metadata,
                ...(autoscaling
                    ? buildScaling(name, workspace.namespace, autoscaling)
                    : { minReplicas: args.replicas ?? 1, maxReplicas: args.replicas ?? 1 }),
                deploymentStrategy: rollingUpdate,
                ...spec,
                containers: mapInput(spec.containers, (all) => all.map((one) => buildPredictorContainer(one, args))),
            },
        },
    };
}

function autoscalerClass(autoscaling: AutoscalingArgs | undefined): string {
    if (autoscaling === undefined) {
        return "none";
    }
    return needsKeda(autoscaling) ? "keda" : "hpa";
}

/** KServe sets the CPU limit of a container without one to 1, which is invalid for a container that requests more. */
function buildPredictorContainer(container: Container, { resources }: ModelServerArgs): Container {
    if (container.name !== containerName) {
        return container;
    }
    const cpu = mapInput(resources?.cpu ?? "500m", (amount) => (parseCores(amount) > 1 ? amount : "1"));
    const limited = mapInput(container.resources!, (given) => ({
        ...given,
        limits: mapInput(given.limits!, (limits) => ({ cpu, ...limits })),
    }));
    return { ...container, name: kserveContainer, resources: limited };
}

/** Returns the cores of a CPU quantity that the rule `cpu` has passed. */
function parseCores(amount: string): number {
    return amount.endsWith("m") ? Number(amount.slice(0, -1)) / 1000 : Number(amount);
}

function buildScaling(
    name: string,
    namespace: pulumi.Input<string>,
    autoscaling: AutoscalingArgs,
): Record<string, unknown> {
    const { min = 1, max, targetCpuUtilization, requests } = autoscaling;
    const bounds = { minReplicas: min, maxReplicas: max };
    if (requests === undefined) {
        return { ...bounds, scaleMetric: "cpu", scaleTarget: targetCpuUtilization ?? 80 };
    }
    const external = {
        metric: {
            backend: "prometheus",
            serverAddress: requests.prometheusUrl,
            query: requests.query ?? requestsQuery({ name, namespace }),
        },
        target: { type: "Value", value: mapInput(requests.perPod, String) },
    };
    const cpu = { name: "cpu", target: { type: "Utilization", averageUtilization: targetCpuUtilization } };
    return {
        ...bounds,
        autoScaling: {
            metrics: [
                { type: "External", external },
                ...(targetCpuUtilization === undefined ? [] : [{ type: "Resource", resource: cpu }]),
            ],
        },
    };
}
