import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as autoscaling from "@pulumi/kubernetes/autoscaling/v2";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { mapInput } from "../../arguments/inputs";
import { validate } from "../../arguments/validate";
import { createClaim } from "../../pod/claim";
import { createGpuClaimTemplate } from "../../pod/gpu-claim";
import { createEnvironmentSecret } from "../../pod/secret";
import { buildHorizontalPodAutoscaler, buildScaledObject } from "../../serving/autoscaler";
import { needsKeda } from "../../serving/autoscaling-args";
import { createRoute, type RouteTarget } from "../../serving/route";
import { publicUrlOf, type RouteArgs } from "../../serving/route-args";
import { type ModelServerArgs, ServerBackend, type ServerVariantArgs } from "./args";
import { buildServerDeployment } from "./deployment";
import { buildServerDisruptionBudget } from "./disruption-budget";
import { buildInferenceService, predictorName } from "./inference-service";
import { serverLabels, serverName, type ServerObjects, type ServerPart, serverPort, variantOf } from "./pods";
import { checkAcross, fields } from "./rules";
import { buildServerService } from "./service";

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
        new policy.PodDisruptionBudget(`${name}-pdb`, buildServerDisruptionBudget(name, checked), { parent: this });
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
        createEnvironmentSecret(
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
        claimTemplate: createGpuClaimTemplate(name, args, labels, parent),
        cache: args.modelCache && createClaim(cache.resource, args.modelCache, cache, parent),
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
            new CustomResource(`${name}-scaledobject`, buildScaledObject(target, args.autoscaling), opts);
        } else {
            const manifest = buildHorizontalPodAutoscaler(target, args.autoscaling);
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
    const service = new core.Service(`${resource}-service`, buildServerService(name, args, part), { parent });
    const deployment = new apps.Deployment(`${resource}-deployment`, buildServerDeployment(name, args, objects, part), {
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
    const service = new CustomResource(`${name}-inferenceservice`, buildInferenceService(name, args, objects), {
        parent,
    });
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
    createRoute(name, route, target, parent, ready);
}
