import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import type * as pulumi from "@pulumi/pulumi";

import { seconds } from "../duration";
import type { RouteArgs } from "../workloads/route";
import { mapInput } from "./inputs";
import { objectMeta } from "./metadata";

/** Where a route leads to. */
export interface RouteTarget {
    /** What the route is called. Defaults to the name of the workload. */
    name?: string;
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
    /** The Services, and the share of the requests that each of them gets where there are several. */
    backends: {
        service: pulumi.Input<string>;
        port: pulumi.Input<number>;
        weight?: pulumi.Input<number>;
        /** What it is, where it is no Service: an InferencePool. */
        group?: string;
        kind?: string;
    }[];
    /** A Service that gets copies of requests, whose answers nobody sees, and of how many in a hundred. */
    mirror?: { service: pulumi.Input<string>; port: pulumi.Input<number>; percent?: pulumi.Input<number> };
    /** Whether the workload wants to see the path as it was asked for. Defaults to false: `route.path` is taken off. */
    keepPath?: boolean;
    /**
     * Whether its pages name others from where they are, so that the path is taken for a directory: who asks for it
     * without a slash at its end is led to it with one. Defaults to false.
     */
    directory?: boolean;
}

/** A Gateway has accepted a route, or has not. There is a status for each Gateway of the route, here one. */
const accepted = 'jsonpath={.status.parents[0].conditions[?(@.type=="Accepted")].status}=True';

/**
 * The route from a Gateway to Services.
 * Source: https://gateway-api.sigs.k8s.io/reference/spec/#httproute
 */
export function httpRoute(name: string, route: RouteArgs, target: RouteTarget): CustomResourceArgs {
    const { namespace, labels, backends, mirror } = target;
    const path = route.path ?? "/";
    const rule = {
        matches: [{ path: { type: "PathPrefix", value: path } }],
        filters: mapInput(path, (known) => filtersOf(known, mirror, target.keepPath)),
        backendRefs: backends.map(({ service, ...backend }) => ({ name: service, ...backend })),
        timeouts: route.timeout && { request: mapInput(route.timeout, gatewayDuration) },
    };
    return {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: objectMeta(target.name ?? name, namespace, labels, {
            "pulumi.com/waitFor": accepted,
            // A Gateway answers within seconds; one that is not there never does.
            "pulumi.com/timeoutSeconds": "120",
        }),
        spec: {
            parentRefs: [{ name: route.gateway, namespace: route.gatewayNamespace, sectionName: route.listener }],
            hostnames: route.hostnames,
            rules: target.directory ? mapInput(path, (known) => [rule, ...directoryRules(known)]) : [rule],
        },
    };
}

/** What leads to the path with a slash at its end; the root has one. */
function directoryRules(path: string): Record<string, unknown>[] {
    const redirected = { type: "ReplaceFullPath", replaceFullPath: `${path}/` };
    return path === "/"
        ? []
        : [
              {
                  matches: [{ path: { type: "Exact", value: path } }],
                  filters: [{ type: "RequestRedirect", requestRedirect: { path: redirected, statusCode: 302 } }],
              },
          ];
}

function filtersOf(
    path: string,
    mirror: RouteTarget["mirror"],
    keepPath: boolean | undefined,
): Record<string, unknown>[] | undefined {
    const filters: Record<string, unknown>[] = [];
    if (path !== "/" && !keepPath) {
        const rewritten = { type: "ReplacePrefixMatch", replacePrefixMatch: "/" };
        filters.push({ type: "URLRewrite", urlRewrite: { path: rewritten } });
    }
    if (mirror !== undefined) {
        const { service, port, percent } = mirror;
        filters.push({ type: "RequestMirror", requestMirror: { backendRef: { name: service, port }, percent } });
    }
    return filters.length > 0 ? filters : undefined;
}

/**
 * A length of time as Gateways take it: no days, and at most five digits of each unit.
 * Source: https://gateway-api.sigs.k8s.io/geps/gep-2257/
 */
function gatewayDuration(length: string): string {
    const total = seconds(length);
    const parts: [number, string][] = [
        [Math.floor(total / 3600), "h"],
        [Math.floor((total % 3600) / 60), "m"],
        [total % 60, "s"],
    ];
    return parts
        .filter(([count]) => count > 0)
        .map(([count, unit]) => `${count}${unit}`)
        .join("");
}
