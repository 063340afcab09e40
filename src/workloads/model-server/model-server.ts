import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as autoscaling from "@pulumi/kubernetes/autoscaling/v2";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";

import { mapInput } from "../../arguments/inputs";
import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { withMetadata } from "../../pod/metadata-args";
import { serverNames, serverObjects } from "../../pod/names";
import { ownership } from "../../pod/ownership";
import { createEnvironmentSecret, environmentSecretName } from "../../pod/secret";
import { buildHorizontalPodAutoscaler, buildScaledObject } from "../../serving/autoscaler";
import { needsKeda } from "../../serving/autoscaling-args";
import { patienceOf } from "../../serving/rollout";
import { createRoute, type RouteTarget } from "../../serving/route";
import { publicUrlOf, type RouteArgs } from "../../serving/route-args";
import { type ReadinessOptions, whenReady } from "../../serving/when-ready";
import { type ModelServerArgs, ServerBackend, type ServerVariantArgs } from "./args";
import { buildServerDeployment } from "./deployment";
import { buildServerDisruptionBudget } from "./disruption-budget";
import { buildInferenceService } from "./inference-service";
import { serverLabels, type ServerObjects, type ServerPart, serverPort, startupSeconds, variantArgs } from "./pods";
import { checkAcross, fields } from "./rules";
import { buildServerService } from "./service";

/**
 * Serves a model over HTTP: pods with probes, a Service, a PodDisruptionBudget, and a fixed or an autoscaled number of
 * pods.
 *
 * Every change of the image, command, model or resources is a rolling update: new pods become ready before old ones are
 * deleted, and an old pod keeps serving until it receives no more requests. On SIGTERM the container must finish the
 * requests in flight. Changing the name or the workspace's namespace replaces the server.
 *
 * With a `route`, the server is reachable outside the cluster through a Gateway, which can send a share of the requests to
 * a `canary` and copies of them to a `shadow`.
 *
 * The container receives PORT, the port to serve on, MODEL_DIR, the directory of the model, and MODEL_URI, its URI.
 */
export class ModelServer extends pulumi.ComponentResource {
    /** The URL inside the cluster, for example "http://fraud.ml.svc.cluster.local:8080". */
    public readonly url: pulumi.Output<string>;
    /** The URL outside the cluster, if the route has a hostname, for example "https://models.example.com/fraud". */
    public readonly publicUrl?: pulumi.Output<string>;
    /** The name of the Service. */
    public readonly serviceName: pulumi.Output<string>;

    constructor(name: string, args: ModelServerArgs, opts?: pulumi.ComponentResourceOptions) {
        const checked = validate("ModelServer", name, args, fields, checkAcross);
        const owned = ownership("ModelServer", name, opts);
        const modelServer = owned.claim(
            args,
            checked,
            serverObjects(checked.name ?? name, partsOf(checked), isKServe(checked)),
        );
        super("kubernetes-mlops:index:ModelServer", name, {}, withMetadata(owned.options, modelServer));

        const objects = createServerObjects(name, modelServer, this);
        const server = isKServe(modelServer)
            ? createKServeServer(name, modelServer, objects, this)
            : createDeployedServer(name, modelServer, objects, this);
        new policy.PodDisruptionBudget(
            `${name}-pdb`,
            buildServerDisruptionBudget(modelServer.name ?? name, modelServer),
            // So that what depends on the component waits until it is ready.
            { parent: this, dependsOn: server.ready },
        );
        if (modelServer.route) {
            createServerRoute(name, modelServer, modelServer.route, objects, server, this);
        }

        this.serviceName = server.serviceName;
        this.url = server.url;
        const publicUrl = publicUrlOf(modelServer.route);
        if (publicUrl) {
            this.publicUrl = publicUrl;
        }
        owned.check();
        this.registerOutputs({
            url: this.url,
            serviceName: this.serviceName,
            ...(publicUrl && { publicUrl }),
        });
    }
}

const isKServe = ({ backend }: ModelServerArgs): boolean => backend === ServerBackend.KServe;

const partsOf = ({ canary, shadow }: ModelServerArgs): ServerPart[] => [
    ...(canary ? ["canary" as const] : []),
    ...(shadow ? ["shadow" as const] : []),
];

/** Creates the objects to which the pods of all versions of a server refer. */
function createServerObjects(name: string, args: ModelServerArgs, parent: pulumi.Resource): ServerObjects {
    const objectsName = args.name ?? name;
    const labels = serverLabels(objectsName);
    const { namespace } = args.workspace;
    const secret =
        args.secretEnv &&
        createEnvironmentSecret(
            name,
            {
                secretName: environmentSecretName(serverNames.secret(objectsName), args.secretEnv, namespace, parent),
                namespace,
                labels,
                values: args.secretEnv,
            },
            { parent },
        );
    const cache = { resource: `${name}-cache`, namespace, labels };
    return {
        secretName: secret?.metadata.name,
        claimTemplate: createGpuClaimTemplate(name, serverNames.gpuClaim(objectsName), args, labels, parent),
        cache: args.cache && createClaim(serverNames.cache(objectsName), args.cache, cache, parent),
    };
}

/** A server that was created, and how it is reached. */
interface RunningServer {
    serviceName: pulumi.Output<string>;
    /** The port of the Service. */
    port: pulumi.Input<number>;
    url: pulumi.Output<string>;
    /** The resource that has its pods, known once they are ready. */
    ready: pulumi.Output<pulumi.Resource>;
}

function createDeployedServer(
    name: string,
    args: ModelServerArgs,
    objects: ServerObjects,
    parent: pulumi.Resource,
): RunningServer {
    const objectsName = args.name ?? name;
    const { service, ready } = createDeployment(name, args, objects, parent);
    if (args.autoscaling) {
        const { namespace } = args.workspace;
        const target = { name: objectsName, namespace, labels: serverLabels(objectsName) };
        const opts = { parent, dependsOn: ready };
        if (needsKeda(args.autoscaling)) {
            new CustomResource(`${name}-scaledobject`, buildScaledObject(target, args.autoscaling), opts);
        } else {
            const manifest = buildHorizontalPodAutoscaler(target, args.autoscaling);
            new autoscaling.HorizontalPodAutoscaler(`${name}-hpa`, manifest, opts);
        }
    }
    return {
        serviceName: service.metadata.name,
        port: serverPort(args),
        // Resources that use the URL wait for the pods.
        url: pulumi
            .all([service.metadata, serverPort(args), ready])
            .apply(([{ name: host, namespace }, port]) => `http://${host}.${namespace}.svc.cluster.local:${port}`),
        ready,
    };
}

/** Creates the Deployment and the Service of a server, or of its canary or shadow. */
function createDeployment(
    name: string,
    args: ModelServerArgs,
    objects: ServerObjects,
    parent: pulumi.Resource,
    part?: ServerPart,
): { service: core.Service; ready: pulumi.Output<pulumi.Resource> } {
    const resource = part === undefined ? name : `${name}-${part}`;
    const objectsName = args.name ?? name;
    const service = new core.Service(`${resource}-service`, buildServerService(objectsName, args, part), { parent });
    const manifest = buildServerDeployment(objectsName, args, objects, part);
    const deployment = new apps.Deployment(`${resource}-deployment`, manifest, {
        parent,
        // If another stack has a server of this name, the update fails here, before it changes that server's pods.
        dependsOn: service,
        // Removing the number when an autoscaler takes over would scale the Deployment to 1.
        ignoreChanges: args.autoscaling && ["spec.replicas"],
    });
    return { service, ready: whenReady(deployment, readinessOf(name, args, "Deployment", parent, part)) };
}

function createKServeServer(
    name: string,
    args: ModelServerArgs,
    objects: ServerObjects,
    parent: pulumi.Resource,
): RunningServer {
    const objectsName = args.name ?? name;
    const manifest = buildInferenceService(objectsName, args, objects);
    const service = new CustomResource(`${name}-inferenceservice`, manifest, { parent });
    const predictor = serverNames.predictor(objectsName);
    const ready = whenReady(service, readinessOf(name, args, "InferenceService", parent));
    // The URL that KServe writes into the status. It is known before, so a preview shows it.
    const serviceName = ready.apply(() => predictor);
    return {
        serviceName,
        port: 80,
        url: pulumi
            .all([service.metadata, ready])
            .apply(([{ namespace }]) => `http://${predictor}.${namespace}.svc.cluster.local`),
        ready,
    };
}

/** Returns how the pods of a server, or of its canary or shadow, are awaited. */
function readinessOf(
    name: string,
    args: ModelServerArgs,
    kind: ReadinessOptions["kind"],
    parent: pulumi.Resource,
    part?: ServerPart,
): ReadinessOptions {
    return {
        title: `ModelServer "${name}"${part === undefined ? "" : ` (${part})`}`,
        parent,
        kind,
        patience: patienceOf(
            startupSeconds(args),
            "set livenessPath, readinessPath and warmupPath to paths that it answers with 200",
        ),
    };
}

/** Creates the canary, the shadow and the route, which changes only when the pods of all of them are ready. */
function createServerRoute(
    name: string,
    args: ModelServerArgs,
    route: RouteArgs,
    objects: ServerObjects,
    server: RunningServer,
    parent: pulumi.Resource,
): void {
    const { canary, shadow } = args;
    const objectsName = args.name ?? name;
    const createPart = (part: ServerPart, variant: ServerVariantArgs | undefined) =>
        variant && createDeployment(name, variantArgs(args, variant), objects, parent, part);
    const [canaryServer, shadowServer] = [createPart("canary", canary), createPart("shadow", shadow)];
    const target: RouteTarget = {
        // KServe may create a route with the server's name.
        name: isKServe(args) ? serverNames.kserveRoute(objectsName) : objectsName,
        namespace: args.workspace.namespace,
        labels: serverLabels(objectsName),
        backends: [
            {
                service: server.serviceName,
                port: server.port,
                weight: canary && mapInput(canary.weight, (weight) => 100 - weight),
            },
            ...(canaryServer
                ? [{ service: canaryServer.service.metadata.name, port: server.port, weight: canary?.weight }]
                : []),
        ],
        mirror: shadowServer && {
            service: shadowServer.service.metadata.name,
            port: server.port,
            percent: shadow?.percent,
        },
    };
    const ready = [server.ready, canaryServer?.ready, shadowServer?.ready].filter((one) => one !== undefined);
    createRoute(name, route, target, parent, ready);
}
