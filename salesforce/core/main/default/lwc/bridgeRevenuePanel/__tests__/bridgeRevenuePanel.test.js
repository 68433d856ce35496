import { createElement } from "lwc";
import { getRecord } from "lightning/uiRecordApi";
import { getRelatedListRecords } from "lightning/uiRelatedListApi";
import BridgeRevenuePanel from "c/bridgeRevenuePanel";

const mockNavigate = jest.fn();
jest.mock(
    "lightning/navigation",
    () => {
        const Navigate = Symbol("Navigate");
        const NavigationMixin = (Base) =>
            class extends Base {
                [Navigate](page) {
                    mockNavigate(page);
                }
            };
        NavigationMixin.Navigate = Navigate;
        return { NavigationMixin };
    },
    { virtual: true },
);

const ACCOUNT = "001000000000001AAA";
const TASK = "00T000000000001AAA";

/** A record as Lightning Data Service gives it; `[value, displayValue]` where they differ. */
function record(apiName, id, values) {
    const fields = Object.fromEntries(
        Object.entries(values).map(([name, given]) => {
            const [value, displayValue] = Array.isArray(given) ? given : [given, null];
            return [name, { value, displayValue }];
        }),
    );
    return { apiName, id, fields };
}

const TOTALS = {
    Name: "Northwind Traders",
    Bridge_Lifetime_Value__c: [12345.6, "€12,345.60"],
    Bridge_Current_ARR__c: [21168, "€21,168.00"],
    Bridge_At_Risk_MRR__c: [0, "€0.00"],
    Bridge_Customer_Health__c: ["At Risk", "Gefährdet"],
    Bridge_Health_Reason__c: "1 failed payment",
    Bridge_Last_Payment_Date__c: ["2026-11-02", "02/11/2026"],
    Bridge_Next_Renewal_Date__c: [null, null],
};
const CUSTOMER = record("Bridge_Customer__c", "a01000000000001AAA", {
    Name: "Northwind",
    Stripe_Link__c: "https://dashboard.stripe.com/customers/cus_1",
});
const FAILURE = record("Bridge_Renewal__c", "a02000000000001AAA", {
    Name: "REN-000001",
    Invoice_Number__c: "NW-0007",
    Amount_Remaining__c: [1102.5, "€1,102.50"],
    Dunning_Status__c: "Retry scheduled",
    Failure_Reason__c: "insufficient funds",
    Next_Retry_Date__c: ["2026-12-01", "01/12/2026"],
    Invoice_Page__c: "https://invoice.stripe.com/i/1",
    Task_Id__c: TASK,
});
const ENTRY = record("Bridge_Entry__c", "a03000000000001AAA", {
    Name: "RE-000001",
    Kind__c: "Refund",
    Date__c: ["2026-11-02", "02/11/2026"],
    Amount__c: [-110.25, "-€110.25"],
    Stripe_Link__c: "https://dashboard.stripe.com/payments/pi_1",
});

async function show({
    account = TOTALS,
    accountError,
    customers = [CUSTOMER],
    renewals = [],
    entries = [],
    denied = [],
} = {}) {
    const element = createElement("c-bridge-revenue-panel", { is: BridgeRevenuePanel });
    element.recordId = ACCOUNT;
    document.body.appendChild(element);
    // the wires have their parameters one tick later
    await Promise.resolve();
    if (accountError) {
        getRecord.error(accountError);
    } else if (account) {
        getRecord.emit(record("Account", ACCOUNT, account));
    }
    const lists = {
        Bridge_Customers__r: customers,
        Bridge_Renewals__r: renewals,
        Bridge_Entries__r: entries,
    };
    for (const [name, records] of Object.entries(lists)) {
        const asked = (config) => config.relatedListId === name;
        if (denied.includes(name)) {
            getRelatedListRecords.emitError(
                { body: { message: `You do not have access to ${name}` }, status: 403 },
                asked,
            );
        } else if (records) {
            getRelatedListRecords.emit({ records, count: records.length }, asked);
        }
    }
    await Promise.resolve();
    return element;
}

const part = (element, name) => element.shadowRoot.querySelector(`[data-test="${name}"]`);
const words = (node) => node.textContent.replace(/\s+/g, " ").trim();

afterEach(() => {
    while (document.body.firstChild) {
        document.body.removeChild(document.body.firstChild);
    }
    jest.clearAllMocks();
});

describe("what it asks for", () => {
    it("asks for our fields as optional ones, so that one hidden field hides nothing else", async () => {
        await show();
        const { fields, optionalFields, recordId } = getRecord.getLastConfig();
        expect(recordId).toBe(ACCOUNT);
        expect(fields.map((field) => field.fieldApiName)).toEqual(["Name"]);
        expect(optionalFields.map((field) => field.fieldApiName)).toContain("Bridge_Lifetime_Value__c");
    });
});

describe("the numbers", () => {
    it("shows amounts and dates as Salesforce formats them, in the record's currency", async () => {
        const element = await show();
        const numbers = words(part(element, "numbers"));
        expect(numbers).toContain("Lifetime Value€12,345.60");
        expect(numbers).toContain("Last Payment02/11/2026");
        expect(numbers).toContain("Next Renewal–");
    });

    it("leaves out a number that the person may not see", async () => {
        const { Bridge_Current_ARR__c: hidden, ...seen } = TOTALS;
        const element = await show({ account: seen });
        expect(hidden).toBeDefined();
        expect(words(part(element, "numbers"))).not.toContain("Current ARR");
        expect(words(part(element, "numbers"))).toContain("Lifetime Value");
    });

    it("says the health in the person's language, with its reason", async () => {
        const element = await show();
        const health = part(element, "health");
        expect(words(health)).toBe("Customer Health:Gefährdet1 failed payment");
        expect(health.querySelector(".slds-theme_error")).not.toBeNull();
    });
});

describe("open failures", () => {
    it("says what happens next, and leads to the Task and the invoice", async () => {
        const element = await show({ renewals: [FAILURE] });
        const failures = part(element, "failures");
        expect(words(failures)).toContain("Retry scheduled, next attempt 01/12/2026");
        expect(words(failures)).toContain("insufficient funds");
        expect(failures.querySelector('a[target="_blank"]').href).toBe("https://invoice.stripe.com/i/1");
        part(element, "task").click();
        expect(mockNavigate.mock.calls[0][0].attributes.recordId).toBe(TASK);
    });

    it("has no link to a Task that there is not", async () => {
        const without = { ...FAILURE, fields: { ...FAILURE.fields, Task_Id__c: { value: null } } };
        const element = await show({ renewals: [without] });
        expect(part(element, "task")).toBeNull();
    });

    it("says so when there is none", async () => {
        const element = await show();
        expect(words(part(element, "no-failures"))).toBe("Every invoice is in order.");
    });
});

describe("latest entries", () => {
    it("shows each with its amount and its address in Stripe", async () => {
        const element = await show({ entries: [ENTRY] });
        const entries = part(element, "entries");
        expect(words(entries)).toContain("Refund");
        expect(words(entries)).toContain("-€110.25");
        expect(entries.querySelector('a[target="_blank"]').href).toContain("dashboard.stripe.com");
    });

    it("says that an amount is in no total", async () => {
        const foreign = {
            ...ENTRY,
            fields: { ...ENTRY.fields, Amount__c: { value: null, displayValue: null } },
        };
        const element = await show({ entries: [foreign] });
        expect(words(part(element, "entries"))).toContain("not in totals");
    });

    it("makes no link of what is no web address", async () => {
        const odd = {
            ...ENTRY,
            fields: { ...ENTRY.fields, Stripe_Link__c: { value: "javascript:alert(1)" } },
        };
        const element = await show({ entries: [odd] });
        expect(part(element, "entries").querySelector('a[target="_blank"]')).toBeNull();
    });
});

describe("when there is less to show", () => {
    it("shows a spinner with words until the Account came", async () => {
        const element = await show({ account: null, customers: null, renewals: null, entries: null });
        const spinner = element.shadowRoot.querySelector("lightning-spinner");
        expect(spinner.alternativeText).toBe("Reading the Stripe totals");
        expect(part(element, "numbers")).toBeNull();
    });

    it("shows what went wrong, and nothing else", async () => {
        const element = await show({ accountError: { message: "The record is locked" } });
        expect(words(part(element, "error"))).toBe("The record is locked");
        expect(part(element, "error").getAttribute("role")).toBe("alert");
        expect(part(element, "numbers")).toBeNull();
    });

    it("tells a missing permission from a customer who paid nothing", async () => {
        const element = await show({ account: { Name: "Northwind Traders" }, customers: [] });
        expect(words(part(element, "forbidden"))).toContain("Bridge Reader");
        expect(part(element, "empty")).toBeNull();
    });

    it("says that no Stripe customer is linked", async () => {
        const element = await show({ customers: [] });
        expect(words(part(element, "empty"))).toContain("No Stripe customer is linked");
        expect(part(element, "numbers")).toBeNull();
    });

    it("shows the rest when a list may not be read", async () => {
        const element = await show({ denied: ["Bridge_Renewals__r", "Bridge_Entries__r"] });
        expect(words(part(element, "failures-error"))).toContain("You do not have access");
        expect(words(part(element, "entries-error"))).toContain("You do not have access");
        expect(words(part(element, "numbers"))).toContain("€12,345.60");
    });
});

describe("links into Stripe", () => {
    it("has one for each customer of the Account", async () => {
        const element = await show({ customers: [CUSTOMER, { ...CUSTOMER, id: "a01000000000002AAA" }] });
        const anchors = part(element, "links").querySelectorAll("a");
        expect(anchors).toHaveLength(2);
        expect(anchors[0].rel).toContain("noopener");
        expect(words(anchors[0])).toBe("Northwind in Stripe, in a new tab");
    });
});

describe("accessibility", () => {
    it("names its sections by their headings", async () => {
        const element = await show({ renewals: [FAILURE], entries: [ENTRY] });
        for (const section of element.shadowRoot.querySelectorAll("section")) {
            const heading = section.querySelector("h3");
            expect(section.getAttribute("aria-labelledby")).toBe(heading.id);
            expect(words(heading)).not.toBe("");
        }
    });
});
