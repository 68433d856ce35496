Feature: An invoice without a subscription

  Scenario: A workshop is invoiced and paid
    Given the Account "Trebled Sound"
    And the open Opportunity "Workshop"
    And the customer "Trebled Sound" who names the Opportunity "Workshop"
    When an invoice of 750 USD for "A workshop" is sent to "Trebled Sound", with 30 days to pay
    Then the renewal is:
      | Billing Reason | Status | Amount Due | Due Date   |
      | manual         | Open   | 750.00     | 2026-10-31 |
    And the customer "Trebled Sound" shows:
      | Account | Trebled Sound |
    When "Trebled Sound" pays the open invoice
    Then the renewal is:
      | Billing Reason | Status    | Amount Paid |
      | manual         | Collected | 750.00      |
    And the Account "Trebled Sound" shows:
      | Lifetime Value | 750.00 |
      | Current ARR    | 0.00   |
    And there is no movement
