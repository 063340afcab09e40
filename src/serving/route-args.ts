import * as pulumi from "@pulumi/pulumi";

import { duration } from "../arguments/duration";
import { boolean, dnsLabel, dnsSubdomain, matching } from "../arguments/formats";
import { list, object, required, type Rule } from "../arguments/rules";

/** Exposes a workload outside the cluster through a Gateway. */
export interface RouteArgs {
    /** The name of the Gateway (`gateway.networking.k8s.io`). It must allow routes from the workload's namespace. */
    gateway: pulumi.Input<string>;
    /** The namespace of the Gateway. Defaults to the workload's namespace. */
    gatewayNamespace?: pulumi.Input<string>;
    /** The name of the Gateway's listener. Defaults to all listeners that allow the route. */
    listener?: pulumi.Input<string>;
    /**
     * The hostnames that are routed to the workload, for example "models.example.com". Several workloads can share a
     * hostname if each has its own `path`. Defaults to the hostnames of the listener.
     */
    hostnames?: pulumi.Input<string>[];
    /** The path prefix that is routed to the workload, for example "/fraud". The longest match wins. Defaults to "/". */
    path?: pulumi.Input<string>;
    /**
     * How long the Gateway waits for a complete response. Defaults to "10m" for an LlmServer, "1h" for a Notebook, and
     * otherwise to the Gateway's own timeout, which is 15 seconds for Envoy Gateway.
     */
    timeout?: pulumi.Input<string>;
    /** Whether the listener serves HTTPS, so that `publicUrl` starts with `https`. Defaults to true. */
    tls?: pulumi.Input<boolean>;
}

/** The rule of `route`. */
export const routeRule: Rule = object<RouteArgs>({
    gateway: required(dnsSubdomain, "set the name of the Gateway, or remove the route"),
    gatewayNamespace: dnsLabel,
    listener: dnsSubdomain,
    hostnames: list(
        required(
            matching(
                /^(?=.{1,253}$)(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
                'it must be a hostname in lowercase, such as "models.example.com" or "*.example.com"',
            ),
            "remove the entry or set it to a hostname",
        ),
    ),
    path: matching(
        /^(\/|(\/(?!\.\.?(\/|$))[-\w.~]+)+)$/,
        'it must be "/", or a path of letters, digits, ".", "-", "_" and "~" without a trailing slash',
    ),
    timeout: duration,
    tls: boolean,
});

/**
 * Returns the URL outside the cluster if a hostname without a wildcard is set. It is known before the route exists.
 *
 * @param directory - Whether a trailing slash is added to the path, as `directory` of `RouteTarget` says.
 */
export function publicUrlOf(route: RouteArgs | undefined, directory = false): pulumi.Output<string> | undefined {
    const end = directory ? "/" : "";
    const host = route?.hostnames?.find((one) => typeof one !== "string" || !one.startsWith("*"));
    return host === undefined
        ? undefined
        : pulumi
              .all([host, route?.path ?? "/", route?.tls ?? true])
              .apply(([known, path, tls]) => `${tls ? "https" : "http"}://${known}${path === "/" ? "" : path + end}`);
}
