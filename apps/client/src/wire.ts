// Made from openapi.json: npm run client:types
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AccountEvents: {
            events: components["schemas"]["AccountEvent"][];
            /** @description To be given as `before` for the events that follow; null where there are none */
            next: string | null;
        };
        AccountEvent: {
            /** @example ticket.confirmed */
            event: string;
            /** @description These come before all others */
            important: boolean;
            /**
             * Format: date-time
             * @description When it happened first
             */
            at: string;
            /**
             * Format: date-time
             * @description When it happened last
             */
            lastAt: string;
            /** @description How often, within an hour. Where an hour has too many of a kind, the rest is one event without an id */
            count: number;
            ip: string | null;
            /** Format: uuid */
            sessionId: string | null;
            detail: {
                [key: string]: string | number;
            } | null;
        };
        Jwks: {
            keys: components["schemas"]["Jwk"][];
        };
        Jwk: {
            /** @enum {string} */
            kty: "EC";
            /** @enum {string} */
            crv: "P-256";
            x: string;
            y: string;
            kid: string;
            /** @enum {string} */
            alg: "ES256";
            /** @enum {string} */
            use: "sig";
        };
        /**
         * @example {
         *       "username": "ada",
         *       "password": "correct horse battery staple",
         *       "device": {
         *         "id": "phone-1",
         *         "type": "phone",
         *         "name": "My phone"
         *       }
         *     }
         */
        SignIn: {
            username: string;
            password: string;
            device: components["schemas"]["OwnDevice"];
            /** @description Puts the refresh token into an HttpOnly cookie, for pages of the same origin */
            refreshCookie?: boolean;
        };
        OwnDevice: {
            /** @example b7f1c2f6-1d9f-4c1e-9a53-0d1a6a3f8a10 */
            id: string;
            type: components["schemas"]["DeviceType"];
            /** @description A name by which people recognize it */
            name?: string;
        };
        /** @enum {string} */
        DeviceType: "phone" | "web" | "desktop" | "tv" | "cli";
        /**
         * @example {
         *       "tokenType": "Bearer",
         *       "accessToken": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IuKApiJ9.eyJzdWIiOiLigKYifQ.MEUCIQ",
         *       "expiresIn": 600,
         *       "refreshToken": "pH2yQ0oXkB1m5n7r9t3v6w8z0A4C6E8G1I3K5M7O9Q2",
         *       "refreshExpiresIn": 1800,
         *       "session": {
         *         "id": "5f0c8a52-7d1b-4f3e-9a64-2b8c1d0e7f35"
         *       },
         *       "account": {
         *         "id": "0b9f3c1e-6a2d-4e8b-8f57-c3d1a9e4b260",
         *         "displayName": "Ada Lovelace",
         *         "avatarUrl": null
         *       }
         *     }
         */
        Tokens: {
            /**
             * @description The scheme of the Authorization header: DPoP if the token is bound to a key
             * @enum {string}
             */
            tokenType: "Bearer" | "DPoP";
            accessToken: string;
            /** @description Seconds until the access token expires */
            expiresIn: number;
            /** @description Left out if it is in the cookie */
            refreshToken?: string;
            /** @description Seconds until the session ends without a call or refresh */
            refreshExpiresIn: number;
            session: {
                /** Format: uuid */
                id: string;
            };
            account: components["schemas"]["AccountSummary"];
        };
        AccountSummary: {
            id: string;
            displayName: string;
            avatarUrl: string | null;
        };
        /**
         * @example {
         *       "refreshToken": "the one of your last tokens"
         *     }
         */
        Refresh: {
            /** @description May be left out if it is in the cookie */
            refreshToken?: string;
        };
        SessionList: {
            sessions: components["schemas"]["Session"][];
        };
        Session: {
            /** Format: uuid */
            id: string;
            /** @description Whether it is the session of this call */
            current: boolean;
            device: components["schemas"]["Device"];
            ip: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            lastSeenAt: string;
        };
        Device: {
            type: components["schemas"]["DeviceType"];
            name: string | null;
            browser: string | null;
            os: string | null;
        };
        Account: {
            id: string;
            username?: string;
            displayName: string;
            avatarUrl: string | null;
        };
        KnownScreenList: {
            screens: components["schemas"]["KnownScreen"][];
        };
        KnownScreen: {
            /** Format: uuid */
            id: string;
            /** @description As of the last sign-in; null for what is not known */
            device: {
                /** @enum {string|null} */
                type: "phone" | "web" | "desktop" | "tv" | "cli" | null;
                name: string | null;
                browser: string | null;
                os: string | null;
            };
            /** @description Where its address was, in English: a hint */
            place: string | null;
            /** @description The network around its address: an IPv4 /24, or an IPv6 /48 */
            network: string | null;
            /** @description Whether it is known by a key; otherwise by its device id, which is no secret */
            hasKey: boolean;
            /** @description Until the owner acknowledges it */
            isNew: boolean;
            /** Format: date-time */
            firstSignedInAt: string;
            /**
             * Format: date-time
             * @description The last sign-in, exact to a day
             */
            signedInAt: string;
            /**
             * Format: uuid
             * @description Its live session
             */
            sessionId: string | null;
        };
        /** @example {} */
        NoBody: Record<string, never>;
        /**
         * @example {
         *       "username": "ada",
         *       "password": "correct horse battery staple",
         *       "displayName": "Ada Lovelace"
         *     }
         */
        NewAccount: {
            username: string;
            password: string;
            /** @description The user name by default */
            displayName?: string;
        };
        PasswordAccount: {
            id: string;
            username: string;
            displayName: string;
            avatarUrl: string | null;
        };
        /**
         * @example {
         *       "current": "correct horse battery staple",
         *       "new": "incorrect zebra generator paperclip"
         *     }
         */
        PasswordChange: {
            current: string;
            new: string;
        };
        PasskeyCreationOptions: {
            challenge: string;
            rp: components["schemas"]["RelyingParty"];
            user: components["schemas"]["PasskeyUser"];
            /** @description Milliseconds */
            timeout: number;
        } & {
            [key: string]: unknown;
        };
        RelyingParty: {
            id: string;
            name: string;
        };
        PasskeyUser: {
            id: string;
            name: string;
            displayName: string;
        };
        /**
         * @example {
         *       "credential": {
         *         "id": "sSPhvZ2W",
         *         "rawId": "sSPhvZ2W",
         *         "type": "public-key",
         *         "response": {
         *           "clientDataJSON": "eyJ0eXBlIjoi",
         *           "attestationObject": "o2NmbXRkbm9u",
         *           "transports": [
         *             "internal"
         *           ]
         *         }
         *       },
         *       "name": "My phone"
         *     }
         */
        NewPasskey: {
            credential: components["schemas"]["NewCredential"];
            /** @description A name by which people recognize it */
            name?: string;
        };
        NewCredential: {
            id: string;
            rawId: string;
            /** @enum {string} */
            type: "public-key";
            response: components["schemas"]["AttestationResponse"];
        };
        AttestationResponse: {
            clientDataJSON: string;
            attestationObject: string;
            /** @default [] */
            transports?: string[];
        };
        Passkey: {
            /** Format: uuid */
            id: string;
            name: string | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            lastUsedAt: string | null;
            /** @description Whether its provider keeps it on other devices, too */
            isSynced: boolean;
        };
        PasskeyList: {
            passkeys: components["schemas"]["Passkey"][];
        };
        VerificationOptions: {
            challenge: string;
            rpId: string;
            /** @description Milliseconds */
            timeout: number;
            /** @enum {string} */
            userVerification: "required";
            allowCredentials?: components["schemas"]["PasskeyDescriptor"][];
        } & {
            [key: string]: unknown;
        };
        PasskeyDescriptor: {
            id: string;
            /** @enum {string} */
            type: "public-key";
            transports?: string[];
        };
        /**
         * @example {
         *       "assertion": {
         *         "id": "sSPhvZ2W",
         *         "rawId": "sSPhvZ2W",
         *         "type": "public-key",
         *         "response": {
         *           "clientDataJSON": "eyJ0eXBlIjoi",
         *           "authenticatorData": "SZYN5YgO",
         *           "signature": "MEUCIQDx"
         *         }
         *       },
         *       "device": {
         *         "id": "phone-1",
         *         "type": "phone",
         *         "name": "My phone"
         *       }
         *     }
         */
        PasskeySignIn: {
            assertion: components["schemas"]["Assertion"];
            device: components["schemas"]["OwnDevice"];
            /** @description Puts the refresh token into an HttpOnly cookie, for pages of the same origin */
            refreshCookie?: boolean;
        };
        Assertion: {
            id: string;
            rawId: string;
            /** @enum {string} */
            type: "public-key";
            response: components["schemas"]["AssertionResponse"];
        };
        AssertionResponse: {
            clientDataJSON: string;
            authenticatorData: string;
            signature: string;
            userHandle?: string | null;
        };
        /**
         * @example {
         *       "device": {
         *         "id": "screen-1",
         *         "type": "web",
         *         "name": "Office PC"
         *       }
         *     }
         */
        OpenTicket: {
            device: components["schemas"]["OwnScreen"];
            /** @description Of the key that the screen will prove when it redeems the ticket (RFC 7638). The QR code names it */
            keyThumbprint?: string;
            /** @description The link has a code that changes: the screen fetches each one. A photograph of it is soon outdated */
            rotates?: boolean;
        };
        OwnScreen: {
            /** @example b7f1c2f6-1d9f-4c1e-9a53-0d1a6a3f8a10 */
            id: string;
            type: components["schemas"]["ScreenType"];
            /** @description A name by which people recognize it */
            name?: string;
        };
        /** @enum {string} */
        ScreenType: "web" | "desktop" | "tv" | "cli";
        /**
         * @example {
         *       "uuid": "3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46",
         *       "secret": "Zr8vTn3qLw6yXc1bKd5fGh9jMp2sQu7aEo4iUt0RzYk",
         *       "qrUrl": "https://login.example.org/l/3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46",
         *       "qrImageUrl": "https://login.example.org/v1/tickets/3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46/qr.svg",
         *       "status": "pending",
         *       "expiresAt": "2026-11-21T12:02:00.000Z",
         *       "expiresIn": 120,
         *       "holdFor": 25
         *     }
         */
        OpenedTicket: {
            /**
             * Format: uuid
             * @description Public: it is in the QR code
             */
            uuid: string;
            /** @description Known to this screen alone; needed to wait and to redeem */
            secret: string;
            /**
             * Format: uri
             * @description The content of the QR code; has the key of the screen and the present code in its fragment
             */
            qrUrl: string;
            /** Format: uri */
            qrImageUrl: string;
            /** @description Seconds until the code in the link changes */
            rotatesIn?: number;
            /** @enum {string} */
            status: "pending";
            /** Format: date-time */
            expiresAt: string;
            expiresIn: number;
            /** @description The longest time that a status call is held */
            holdFor: number;
        };
        /**
         * @example {
         *       "qrUrl": "https://login.example.org/l/3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46#c=q3Zt_1Yx",
         *       "qrImageUrl": "https://login.example.org/v1/tickets/3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46/qr.svg?code=q3Zt_1Yx",
         *       "expiresIn": 88,
         *       "rotatesIn": 28
         *     }
         */
        TicketCode: {
            /**
             * Format: uri
             * @description The content of the QR code; has the key of the screen and the present code in its fragment
             */
            qrUrl: string;
            /** Format: uri */
            qrImageUrl: string;
            expiresIn: number;
            /** @description Seconds until the code in the link changes */
            rotatesIn: number;
        };
        /**
         * @example {
         *       "code": 201,
         *       "status": "scanned",
         *       "expiresIn": 58,
         *       "account": {
         *         "displayName": "Ada Lovelace",
         *         "avatarUrl": null,
         *         "knownHere": true
         *       }
         *     }
         */
        TicketStatus: {
            /**
             * @description 408 nothing new, 201 scanned, 200 confirmed, 400 over
             * @enum {number}
             */
            code: 408 | 201 | 200 | 400;
            /** @enum {string} */
            status: "pending" | "scanned" | "confirmed" | "denied" | "cancelled" | "redeemed" | "expired";
            expiresIn: number;
            /** @description The account that scanned; nothing more is told before the login is complete */
            account?: components["schemas"]["ScanningAccount"];
            /** @description Two digits to show: the user types them on the phone */
            number?: number;
            /**
             * @description Why it was denied: the user declined, said that it was not them, or typed three wrong numbers
             * @enum {string}
             */
            reason?: "declined" | "not_me" | "wrong_number";
        };
        ScanningAccount: {
            displayName: string;
            avatarUrl: string | null;
            /** @description Whether this account was signed in on this device in the last 90 days. If not, ask “Continue as …?” before redeeming: a stranger may have scanned the code */
            knownHere: boolean;
        };
        /** @example {} */
        Redeem: {
            /** @description Puts the refresh token into an HttpOnly cookie, for pages of the same origin */
            refreshCookie?: boolean;
            /**
             * @description `Bearer`: the tokens are not bound to the proven key. `DPoP`: they are, and a proof is required. By default, they are bound if there is a proof
             * @enum {string}
             */
            tokenType?: "Bearer" | "DPoP";
        };
        /** @example {} */
        Scan: {
            /** @description The code in the link that was scanned, if it has one */
            code?: string;
        };
        /**
         * @example {
         *       "scanToken": "w5Jx8Nq1Vb4Ry7Ts0Lz3Kd6Fh9Gm2Pc5Xa8Eo1Iu4Wt",
         *       "expiresIn": 60,
         *       "screen": {
         *         "type": "web",
         *         "name": "Office PC",
         *         "browser": "Firefox 145",
         *         "os": "Windows 11",
         *         "ip": "192.0.2.17",
         *         "openedAt": "2026-11-21T12:00:00.000Z",
         *         "network": "same",
         *         "key": null,
         *         "place": "Berlin, Germany",
         *         "known": false
         *       },
         *       "requires": {
         *         "number": true,
         *         "verification": false,
         *         "reasons": [
         *           "new_screen"
         *         ]
         *       }
         *     }
         */
        ScanResult: {
            /** @description Needed to confirm or deny; valid once, and only for this phone */
            scanToken: string;
            /** @description Seconds left to decide */
            expiresIn: number;
            screen: components["schemas"]["Screen"];
            requires: components["schemas"]["Requirements"];
            /** @description What a passkey must sign for this confirm; left out if none is needed, or the account has none */
            verification?: components["schemas"]["VerificationOptions"];
        };
        Screen: {
            type: components["schemas"]["ScreenType"];
            /** @description The name that the screen gave itself: a claim, to be shown as such */
            name: string | null;
            /** @description A known browser, from the User-Agent header */
            browser: string | null;
            /** @description A known system, from the same header */
            os: string | null;
            /** @description The address if the phone is in the same network, or its account was signed in on this screen before; otherwise the network, such as 192.0.2.0/24 */
            ip: string;
            /**
             * Format: date-time
             * @description When the screen opened the ticket
             */
            openedAt: string;
            /**
             * @description Whether screen and phone seem to be in the same network; `unknown` if their addresses do not tell
             * @enum {string}
             */
            network: "same" | "different" | "unknown";
            /** @description Thumbprint of the screen's key. Its first 22 characters must be those in the link that was scanned: if not, the code is not this screen's */
            key: string | null;
            /** @description Where its address is, in English: a hint */
            place: string | null;
            /** @description Whether this account was signed in on this screen in the last 90 days */
            known: boolean;
        };
        Requirements: {
            /** @description Whether confirm needs the number that the screen shows */
            number: boolean;
            /** @description Whether confirm needs a passkey of the account */
            verification: boolean;
            /** @description Why more than a tap is asked for. `new_screen`: the account was not signed in there with that key; `screen_without_key`; `different_network` and `unknown_network`: between screen and phone; `new_place`: the screen is elsewhere than at its last sign-in; `always`: everyone is asked */
            reasons: ("new_screen" | "screen_without_key" | "different_network" | "unknown_network" | "new_place" | "always")[];
        };
        /**
         * @example {
         *       "scanToken": "the one of your last scan"
         *     }
         */
        Confirm: {
            scanToken: string;
            /** @description The two digits that the screen shows, if the scan returned `requires.number` */
            number?: number | string;
            /** @description What a passkey signed, if the scan returned `requires.verification` */
            assertion?: components["schemas"]["Assertion"];
        };
        /**
         * @example {
         *       "scanToken": "the one of your last scan",
         *       "reason": "not_me"
         *     }
         */
        Deny: {
            scanToken: string;
            /**
             * @default declined
             * @enum {string}
             */
            reason?: "declined" | "not_me";
        };
        /**
         * @example {
         *       "status": "redeemed",
         *       "expiresIn": 0
         *     }
         */
        Outcome: {
            /**
             * @description `redeemed`: the screen is signed in. `confirmed`: not yet. `cancelled`, `expired`: the screen went away, or was too late
             * @enum {string}
             */
            status: "confirmed" | "denied" | "cancelled" | "redeemed" | "expired";
            /** @description Seconds in which a confirmed ticket may be redeemed */
            expiresIn: number;
        };
        Problem: {
            /** @example urn:scan-login:problem:ticket_expired */
            type: string;
            title: string;
            status: number;
            /** @enum {string} */
            code: "invalid_request" | "malformed_json" | "invalid_credentials" | "token_invalid" | "proof_invalid" | "token_expired" | "session_ended" | "device_mismatch" | "device_not_allowed" | "companion_session" | "ticket_not_yours" | "scan_token_invalid" | "number_wrong" | "verification_required" | "verification_failed" | "account_unavailable" | "cross_site_refused" | "not_found" | "ticket_not_found" | "session_not_found" | "screen_not_found" | "passkey_not_found" | "username_taken" | "ticket_already_scanned" | "ticket_wrong_status" | "passkey_limit_reached" | "session_limit_reached" | "code_outdated" | "ticket_expired" | "request_timeout" | "payload_too_large" | "uri_too_long" | "unsupported_media_type" | "too_many_attempts" | "too_many_requests" | "headers_too_large" | "server_error" | "busy" | "unavailable";
            detail?: string;
            errors?: {
                pointer: string;
                detail: string;
            }[];
            /** @description with `ticket_wrong_status`: the status of the ticket */
            currentStatus?: string;
            /** @description with `number_wrong`: how many more numbers may be tried; at 0 the ticket is denied */
            triesLeft?: number;
            /** @description with `session_ended`: why it ended */
            reason?: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AccountEvents = components['schemas']['AccountEvents'];
export type AccountEvent = components['schemas']['AccountEvent'];
export type Jwks = components['schemas']['Jwks'];
export type Jwk = components['schemas']['Jwk'];
export type SignIn = components['schemas']['SignIn'];
export type OwnDevice = components['schemas']['OwnDevice'];
export type DeviceType = components['schemas']['DeviceType'];
export type Tokens = components['schemas']['Tokens'];
export type AccountSummary = components['schemas']['AccountSummary'];
export type Refresh = components['schemas']['Refresh'];
export type SessionList = components['schemas']['SessionList'];
export type Session = components['schemas']['Session'];
export type Device = components['schemas']['Device'];
export type Account = components['schemas']['Account'];
export type KnownScreenList = components['schemas']['KnownScreenList'];
export type KnownScreen = components['schemas']['KnownScreen'];
export type NoBody = components['schemas']['NoBody'];
export type NewAccount = components['schemas']['NewAccount'];
export type PasswordAccount = components['schemas']['PasswordAccount'];
export type PasswordChange = components['schemas']['PasswordChange'];
export type PasskeyCreationOptions = components['schemas']['PasskeyCreationOptions'];
export type RelyingParty = components['schemas']['RelyingParty'];
export type PasskeyUser = components['schemas']['PasskeyUser'];
export type NewPasskey = components['schemas']['NewPasskey'];
export type NewCredential = components['schemas']['NewCredential'];
export type AttestationResponse = components['schemas']['AttestationResponse'];
export type Passkey = components['schemas']['Passkey'];
export type PasskeyList = components['schemas']['PasskeyList'];
export type VerificationOptions = components['schemas']['VerificationOptions'];
export type PasskeyDescriptor = components['schemas']['PasskeyDescriptor'];
export type PasskeySignIn = components['schemas']['PasskeySignIn'];
export type Assertion = components['schemas']['Assertion'];
export type AssertionResponse = components['schemas']['AssertionResponse'];
export type OpenTicket = components['schemas']['OpenTicket'];
export type OwnScreen = components['schemas']['OwnScreen'];
export type ScreenType = components['schemas']['ScreenType'];
export type OpenedTicket = components['schemas']['OpenedTicket'];
export type TicketCode = components['schemas']['TicketCode'];
export type TicketStatus = components['schemas']['TicketStatus'];
export type ScanningAccount = components['schemas']['ScanningAccount'];
export type Redeem = components['schemas']['Redeem'];
export type Scan = components['schemas']['Scan'];
export type ScanResult = components['schemas']['ScanResult'];
export type Screen = components['schemas']['Screen'];
export type Requirements = components['schemas']['Requirements'];
export type Confirm = components['schemas']['Confirm'];
export type Deny = components['schemas']['Deny'];
export type Outcome = components['schemas']['Outcome'];
export type Problem = components['schemas']['Problem'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
