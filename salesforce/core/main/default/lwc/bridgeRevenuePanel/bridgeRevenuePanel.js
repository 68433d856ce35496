import { LightningElement, api, wire } from "lwc";
import { NavigationMixin } from "lightning/navigation";
import { getRecord } from "lightning/uiRecordApi";
import { getRelatedListRecords } from "lightning/uiRelatedListApi";
import NAME from "@salesforce/schema/Account.Name";
import LIFETIME_VALUE from "@salesforce/schema/Account.Bridge_Lifetime_Value__c";
import CURRENT_ARR from "@salesforce/schema/Account.Bridge_Current_ARR__c";
import AT_RISK_MRR from "@salesforce/schema/Account.Bridge_At_Risk_MRR__c";
import HEALTH from "@salesforce/schema/Account.Bridge_Customer_Health__c";
import HEALTH_REASON from "@salesforce/schema/Account.Bridge_Health_Reason__c";
import LAST_PAYMENT from "@salesforce/schema/Account.Bridge_Last_Payment_Date__c";
import NEXT_RENEWAL from "@salesforce/schema/Account.Bridge_Next_Renewal_Date__c";
import { cell, failures, links, messageOf, payments } from "./reading";

/** Each number with its label, in the order in which they are shown. */
const NUMBERS = [
    { field: LIFETIME_VALUE, label: "Lifetime Value" },
    { field: CURRENT_ARR, label: "Current ARR" },
    { field: AT_RISK_MRR, label: "At-Risk MRR" },
    { field: LAST_PAYMENT, label: "Last Payment" },
    { field: NEXT_RENEWAL, label: "Next Renewal" },
];
const FIELDS = [...NUMBERS.map((number) => number.field), HEALTH, HEALTH_REASON];
/** A word always stands beside the colour. */
const HEALTH_CLASS = {
    Healthy: "slds-badge slds-theme_success",
    Watch: "slds-badge slds-theme_warning",
    "At Risk": "slds-badge slds-theme_error",
    Churned: "slds-badge slds-badge_inverse",
};
const SHOWN = 5;

/**
 * What an Account has paid in Stripe, what recurs and what is at risk, at a glance.
 *
 * Everything is read through Lightning Data Service. So there is no Apex to keep, the fields obey
 * the person's field-level security, and amounts and dates come formatted by Salesforce itself, in
 * the record's currency and the person's locale.
 */
export default class BridgeRevenuePanel extends NavigationMixin(LightningElement) {
    @api recordId;

    account = {};
    customers = {};
    renewals = {};
    entries = {};

    // A person who may not see a field gets no field, where `fields` would give an error.
    @wire(getRecord, { recordId: "$recordId", fields: [NAME], optionalFields: FIELDS })
    receiveAccount(result) {
        this.account = result;
    }

    @wire(getRelatedListRecords, {
        parentRecordId: "$recordId",
        relatedListId: "Bridge_Customers__r",
        fields: ["Bridge_Customer__c.Name", "Bridge_Customer__c.Stripe_Link__c"],
        pageSize: SHOWN,
    })
    receiveCustomers(result) {
        this.customers = result;
    }

    @wire(getRelatedListRecords, {
        parentRecordId: "$recordId",
        relatedListId: "Bridge_Renewals__r",
        fields: ["Bridge_Renewal__c.Name"],
        optionalFields: [
            "Bridge_Renewal__c.Amount_Remaining__c",
            "Bridge_Renewal__c.Dunning_Status__c",
            "Bridge_Renewal__c.Failure_Reason__c",
            "Bridge_Renewal__c.Invoice_Number__c",
            "Bridge_Renewal__c.Invoice_Page__c",
            "Bridge_Renewal__c.Next_Retry_Date__c",
            "Bridge_Renewal__c.Task_Id__c",
        ],
        where: "{ In_Dunning__c: { eq: true } }",
        sortBy: ["-Bridge_Renewal__c.Due_Date__c"],
        pageSize: SHOWN,
    })
    receiveRenewals(result) {
        this.renewals = result;
    }

    @wire(getRelatedListRecords, {
        parentRecordId: "$recordId",
        relatedListId: "Bridge_Entries__r",
        fields: ["Bridge_Entry__c.Name"],
        optionalFields: [
            "Bridge_Entry__c.Amount__c",
            "Bridge_Entry__c.Date__c",
            "Bridge_Entry__c.Kind__c",
            "Bridge_Entry__c.Stripe_Link__c",
        ],
        sortBy: ["-Bridge_Entry__c.Date__c"],
        pageSize: SHOWN,
    })
    receiveEntries(result) {
        this.entries = result;
    }

    get isLoading() {
        return !this.account.data && !this.account.error;
    }

    get error() {
        return this.account.error ? messageOf(this.account.error) : null;
    }

    get fields() {
        return this.account.data?.fields ?? {};
    }

    /** Not one of our fields came: that is a matter of permissions, not of a customer who paid nothing. */
    get isForbidden() {
        return Boolean(this.account.data) && !FIELDS.some(({ fieldApiName }) => fieldApiName in this.fields);
    }

    get isEmpty() {
        const known = this.customers.data?.records;
        return this.isReadable && Boolean(known) && known.length === 0;
    }

    get hasContent() {
        return this.isReadable && !this.isEmpty;
    }

    get isReadable() {
        return Boolean(this.account.data) && !this.isForbidden;
    }

    get numbers() {
        return NUMBERS.filter(({ field }) => field.fieldApiName in this.fields).map(({ field, label }) => ({
            key: field.fieldApiName,
            label,
            value: cell(this.fields, field.fieldApiName) ?? "–",
        }));
    }

    get health() {
        // the name is in the person's language, the value is not
        const value = this.fields[HEALTH.fieldApiName]?.value;
        return (
            value && {
                name: cell(this.fields, HEALTH.fieldApiName),
                badge: HEALTH_CLASS[value] ?? "slds-badge",
            }
        );
    }

    get healthReason() {
        return cell(this.fields, HEALTH_REASON.fieldApiName);
    }

    get stripeLinks() {
        return links(this.customers.data);
    }

    get openFailures() {
        return failures(this.renewals.data);
    }

    get latestEntries() {
        return payments(this.entries.data);
    }

    get failuresError() {
        return this.renewals.error ? messageOf(this.renewals.error) : null;
    }

    get entriesError() {
        return this.entries.error ? messageOf(this.entries.error) : null;
    }

    /** A link with an address, so that it can be opened in a new tab, that navigates inside the app. */
    open(event) {
        event.preventDefault();
        this[NavigationMixin.Navigate]({
            type: "standard__recordPage",
            attributes: { recordId: event.currentTarget.dataset.id, actionName: "view" },
        });
    }
}
