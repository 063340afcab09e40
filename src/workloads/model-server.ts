import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as autoscaling from "@pulumi/kubernetes/autoscaling/v2";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";

import { duration } from "../duration";
import { horizontalPodAutoscaler, scaledObject } from "../manifests/autoscaler";
import { hashedName } from "../manifests/hash";
import { mapInput } from "../manifests/inputs";
import { inferenceService, predictorName } from "../manifests/kserve";
import { modelProblem } from "../manifests/model";
import type { RouteTarget } from "../manifests/route";
import {
    serverDeployment,
    serverDisruptionBudget,
    serverLabels,
    serverName,
    type ServerObjects,
    type ServerPart,
    serverPort,
    serverService,
    variantOf,
} from "../manifests/server";
import { absolutePath, integer, object, oneOf, plain, Problems, required, rule, truth, validate } from "../validation";
import { AutoscalingArgs, autoscalingRule, checkAutoscaling, needsKeda } from "./autoscaling";
import { checkClaim, ClaimArgs, claimFields, claimOf } from "./claim";
import { gpuClaimTemplate } from "./gpu-claim";
import { publicUrlOf, RouteArgs, routeOf, routeRule } from "./route";
import { environmentSecret } from "./secret";
import { checkWorkload, imageRef, WorkloadArgs, workloadFields } from "./workload";

/** Who runs the pods of a server. */
export enum ServerBackend {
    /** A Deployment. */
    Deployment = "Deployment",
    /** An InferenceService of KServe in its mode Standard. */
    KServe = "KServe",
}

/** What other pods of a server have of their own; all else is the server's. */
export interface ServerVariantArgs {
    /** The container image, as the server's own. Defaults to the server's. */
    image?: pulumi.Input<string>;
    /** The command to run. Defaults to the server's. */
    command?: pulumi.Input<string>[];
    /** The arguments of the command. Defaults to the server's. */
    args?: pulumi.Input<string>[];
    /** Environment variables in plain text, besides the server's. */
    env?: Record<string, pulumi.Input<string>>;
    /** The model to serve. Defaults to the server's. */
    model?: pulumi.Input<string>;
    /** The number of pods. Defaults to 1. */
    replicas?: pulumi.Input<number>;
}

/** Pods that get a part of the requests. */
export interface CanaryArgs extends ServerVariantArgs {
    /** How many in a hundred requests go to the canary; the rest go to the server's own pods. */
    weight: pulumi.Input<number>;
}

/** Pods that get copies of requests, whose answers nobody sees. */
export interface ShadowArgs extends ServerVariantArgs {
    /** Of how many in a hundred requests there are copies. Defaults to all. */
    percent?: pulumi.Input<number>;
}

/** The arguments of a ModelServer. */
export interface ModelServerArgs extends WorkloadArgs {
    /**
     * The model to serve, such as the `model` of a TrainingJob. One in a claim (`pvc://<claim>/<directory>`) and one
     * that is an image (`oci://repository@sha256:…`: Kubernetes 1.35, containerd 2.1, and newer) are mounted read-only at
     * MODEL_DIR; any other address is handed over as MODEL_URI for the container to download to MODEL_DIR. Another
     * model is rolled out without a dropped request.
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
    /**
     * A path at which the container makes a prediction of its own, for example "/warmup": a pod gets no request before
     * a GET of it has been answered with 200 within a minute. Defaults to none: `readyPath` alone is asked.
     */
    warmUpPath?: pulumi.Input<string>;
    /**
     * Whether the container tells its metrics at `/metrics` of its `port`, to be collected by the add-on
     * kubePrometheusStack. Defaults to false: only those of a port named "metrics" are, which `podSpec` can give it.
     */
    metrics?: pulumi.Input<boolean>;
    /**
     * A volume in which models are kept that the container downloads, so that not every pod downloads them anew:
     * MODEL_DIR is then a directory of the model's own in it. The container looks there first, and writes a file under
     * another name before it gives it its own, as several pods may download at the same time.
     */
    modelCache?: ClaimArgs;
    /** Lets a Gateway send requests from outside here. Defaults to none: the server is reached in the cluster only. */
    route?: RouteArgs;
    /**
     * A version that gets a part of the requests that come by the `route`. Taken away, all go to the server's own pods
     * again; what it says moved into the arguments above, it is rolled out.
     */
    canary?: CanaryArgs;
    /** A version that gets copies of the requests that come by the `route`, to see how it does with them. */
    shadow?: ShadowArgs;
    /**
     * Who runs the pods. Defaults to a Deployment. Another one moves the server: new pods start, then the old ones go,
     * and its address in the cluster is another.
     */
    backend?: ServerBackend;
}

const variantFields = {
    image: imageRef,
    command: workloadFields.command!,
    args: workloadFields.args!,
    env: workloadFields.env!,
    model: rule(modelProblem),
    replicas: integer(0, 10000),
};

const fields = {
    ...workloadFields,
    model: rule(modelProblem),
    port: integer(1, 65535),
    replicas: integer(0, 10000),
    autoscaling: autoscalingRule,
    healthPath: absolutePath,
    readyPath: absolutePath,
    startupTimeout: duration,
    shutdownTimeout: duration,
    warmUpPath: absolutePath,
    metrics: truth,
    modelCache: object(claimFields),
    route: routeRule,
    canary: object({
        ...variantFields,
        weight: required(integer(0, 100), "say how many in a hundred requests it gets"),
    }),
    shadow: object({ ...variantFields, percent: integer(1, 100) }),
    backend: plain(oneOf(Object.values(ServerBackend)), "it decides which objects there are: give a text"),
};

function checkAcross(args: ModelServerArgs, problems: Problems): void {
    checkWorkload(args, problems);
    if (args.replicas !== undefined && args.autoscaling !== undefined) {
        problems.add("replicas", "is given besides autoscaling, which owns the number; leave one of them out");
    }
    checkAutoscaling(args.autoscaling, problems);
    checkModelCache(args, problems);
    checkVariants(args, problems);
    if (args.backend === ServerBackend.KServe) {
        checkKServe(args, problems);
    }
}

function checkModelCache({ model, modelCache }: ModelServerArgs, problems: Problems): void {
    checkClaim(modelCache, "modelCache", problems);
    if (modelCache !== undefined && model === undefined) {
        problems.add("modelCache", "is given without a model; name one that is downloaded, or leave it out");
    }
    if (modelCache !== undefined && typeof model === "string" && /^(pvc|oci):/.test(model)) {
        problems.add("modelCache", `is of no use for ${model}, which is mounted and not downloaded; leave it out`);
    }
}

function checkVariants(args: ModelServerArgs, problems: Problems): void {
    for (const part of ["canary", "shadow"] as const) {
        const variant = args[part];
        if (variant === undefined) {
            continue;
        }
        if (args.route === undefined) {
            problems.add(part, "is given without a route, and a Service cannot tell requests apart; give a route");
        }
        const { image, command, args: words, env, model } = variant;
        if ([image, command, words, env, model].every((one) => one === undefined)) {
            problems.add(part, "is no other version; give the image, the model or what else it has of its own");
        }
        for (const name of Object.keys(env ?? {}).filter((key) => key in (args.secretEnv ?? {}))) {
            problems.add(`${part}.env.${name}`, "stands under secretEnv as well; leave one of them out");
        }
    }
}

function checkKServe({ canary, shadow, autoscaling: scaling }: ModelServerArgs, problems: Problems): void {
    const mend = 'with backend "KServe"; leave it out, or the backend';
    for (const [part, value] of Object.entries({ canary, shadow })) {
        if (value !== undefined) {
            problems.add(part, `is not to be had ${mend}`);
        }
    }
    for (const field of ["queue", "triggers", "scaleDownAfter"] as const) {
        if (scaling?.[field] !== undefined) {
            problems.add(`autoscaling.${field}`, `is not to be had ${mend}`);
        }
    }
    const target = scaling?.targetCpuUtilization;
    if (typeof target === "number" && target > 100) {
        problems.add("autoscaling.targetCpuUtilization", `is ${target}; KServe takes at most 100`);
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
 * With a `route` it is reached from outside by a Gateway, which may send a part of the requests to a `canary` and
 * copies of them to a `shadow`. To roll back is to take away what was given last.
 *
 * In the container PORT is the port to serve on, MODEL_DIR the model's directory and MODEL_URI its address.
 */
export class ModelServer extends pulumi.ComponentResource {
    /** The address inside the cluster, for example "http://fraud.ml.svc.cluster.local:8080". */
    public readonly url: pulumi.Output<string>;
    /** The address from outside, where the route names a host, for example "https://models.example.com/fraud". */
    public readonly publicUrl?: pulumi.Output<string>;
    /** The name of the Service. */
    public readonly serviceName: pulumi.Output<string>;

    constructor(name: string, args: ModelServerArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("ModelServer", name, args, fields, checkAcross);
        super("kubernetes-mlops:index:ModelServer", name, {}, opts);

        const objects = objectsOf(name, checked, this);
        const server =
            checked.backend === ServerBackend.KServe
                ? kserveServer(name, checked, objects, this)
                : deployedServer(name, checked, objects, this);
        new policy.PodDisruptionBudget(`${name}-pdb`, serverDisruptionBudget(name, checked), { parent: this });
        if (checked.route) {
            addRoute(name, checked, checked.route, objects, server, this);
        }

        this.serviceName = server.serviceName;
        this.url = server.url;
        const publicUrl = publicUrlOf(checked.route);
        if (publicUrl) {
            this.publicUrl = publicUrl;
        }
        this.registerOutputs({
            url: this.url,
            serviceName: this.serviceName,
            ...(publicUrl && { publicUrl }),
        });
    }
}

/** What the pods of a server, of whatever version, refer to. */
function objectsOf(name: string, args: ModelServerArgs, parent: pulumi.Resource): ServerObjects {
    const labels = serverLabels(name);
    const { namespace } = args.workspace;
    const secret =
        args.secretEnv &&
        environmentSecret(
            name,
            {
                // Named after its content: a new password is a new Secret, which is rolled out like any change.
                secretName: hashedName(`${name}-env`, args.secretEnv),
                namespace,
                labels,
                values: args.secretEnv,
            },
            { parent },
        );
    const cache = { resource: `${name}-cache`, namespace, labels };
    return {
        secretName: secret?.metadata.name,
        claimTemplate: gpuClaimTemplate(name, args, labels, parent),
        cache: args.modelCache && claimOf(cache.resource, args.modelCache, cache, parent),
    };
}

/** A server that runs, and how it is reached. */
interface RunningServer {
    serviceName: pulumi.Output<string>;
    /** The port of the Service. */
    port: pulumi.Input<number>;
    url: pulumi.Output<string>;
    /** What is through when the server answers. */
    ready: pulumi.Resource;
}

function deployedServer(
    name: string,
    args: ModelServerArgs,
    objects: ServerObjects,
    parent: pulumi.Resource,
): RunningServer {
    const { service, deployment } = podsBehindService(name, args, objects, parent);
    if (args.autoscaling) {
        const target = { name, namespace: args.workspace.namespace, labels: serverLabels(name) };
        const opts = { parent, dependsOn: deployment };
        if (needsKeda(args.autoscaling)) {
            new CustomResource(`${name}-scaledobject`, scaledObject(target, args.autoscaling), opts);
        } else {
            const manifest = horizontalPodAutoscaler(target, args.autoscaling);
            new autoscaling.HorizontalPodAutoscaler(`${name}-hpa`, manifest, opts);
        }
    }
    return {
        serviceName: service.metadata.name,
        port: serverPort(args),
        // Whoever uses the address waits for pods that answer, which the Deployment has when it is through.
        url: pulumi
            .all([service.metadata, serverPort(args), deployment.metadata.name])
            .apply(([{ name: host, namespace }, port]) => `http://${host}.${namespace}.svc.cluster.local:${port}`),
        ready: deployment,
    };
}

/** The pods of a server, or of a part of it, and their address. */
function podsBehindService(
    name: string,
    args: ModelServerArgs,
    objects: ServerObjects,
    parent: pulumi.Resource,
    part?: ServerPart,
): { service: core.Service; deployment: apps.Deployment } {
    const resource = serverName(name, part);
    const service = new core.Service(`${resource}-service`, serverService(name, args, part), { parent });
    const deployment = new apps.Deployment(`${resource}-deployment`, serverDeployment(name, args, objects, part), {
        parent,
        // Where another stack has a server of this name, that is found out before its pods are touched.
        dependsOn: service,
        // An autoscaler that takes over finds the number as it is; no longer saying one would set it to one.
        ignoreChanges: args.autoscaling && ["spec.replicas"],
    });
    return { service, deployment };
}

function kserveServer(
    name: string,
    args: ModelServerArgs,
    objects: ServerObjects,
    parent: pulumi.Resource,
): RunningServer {
    const service = new CustomResource(`${name}-inferenceservice`, inferenceService(name, args, objects), { parent });
    // What KServe writes into the status is this very address; it is known before, so that a preview shows it.
    const serviceName = service.metadata.apply(() => predictorName(name));
    return {
        serviceName,
        port: 80,
        url: service.metadata.apply(({ namespace }) => `http://${predictorName(name)}.${namespace}.svc.cluster.local`),
        ready: service,
    };
}

/** The route, and the pods besides the server's own to which it leads. It changes only when all of them answer. */
function addRoute(
    name: string,
    args: ModelServerArgs,
    route: RouteArgs,
    objects: ServerObjects,
    server: RunningServer,
    parent: pulumi.Resource,
): void {
    const { canary, shadow } = args;
    const partOf = (part: ServerPart, variant: ServerVariantArgs | undefined) =>
        variant && podsBehindService(name, variantOf(args, variant), objects, parent, part);
    const [ofCanary, ofShadow] = [partOf("canary", canary), partOf("shadow", shadow)];
    const target: RouteTarget = {
        // KServe may have a route of the server's name.
        name: args.backend === ServerBackend.KServe ? `${name}-route` : name,
        namespace: args.workspace.namespace,
        labels: serverLabels(name),
        backends: [
            {
                service: server.serviceName,
                port: server.port,
                weight: canary && mapInput(canary.weight, (part) => 100 - part),
            },
            ...(ofCanary
                ? [{ service: ofCanary.service.metadata.name, port: server.port, weight: canary?.weight }]
                : []),
        ],
        mirror: ofShadow && {
            service: ofShadow.service.metadata.name,
            port: server.port,
            percent: shadow?.percent,
        },
    };
    const ready = [server.ready, ofCanary?.deployment, ofShadow?.deployment].filter((one) => one !== undefined);
    routeOf(name, route, target, parent, ready);
}
