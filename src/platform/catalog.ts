import { certManager, CertManagerSettings } from "./addons/cert-manager";
import { kueue, KueueSettings } from "./addons/kueue";
import type { Definition } from "./definition";
import type { AddonName } from "./names";
import type { AddonSettings } from "./settings";

/** The add-ons of a platform, each with its settings; `{}` takes it as it is. What one needs comes by itself. */
export interface AddonsArgs {
    /** cert-manager: certificates, among them those of other add-ons' webhooks. */
    certManager?: CertManagerSettings;
    /** Kueue: queues and quotas for jobs. */
    kueue?: KueueSettings;
}

/** The tested matrix: one version of each add-on, which fit together. */
const definitions = {
    certManager,
    kueue,
};

/** The same, for code that treats all alike: it gives each only settings that its own rules have passed. */
export const catalog = definitions as unknown as Record<AddonName, Definition<AddonSettings>>;
