Feature: No retry is left

  Scenario: The subscription ends, and the Task is closed with its reason
    Given the Account "Electric Car Rental" of rep "Rita"
    And the open Opportunity "Cars"
    And the plan "Team" at 400 USD a month
    When "Electric Car Rental" subscribes to 1 x "Team" for the Opportunity "Cars"
    And 15 days pass
    And the card of "Electric Car Rental" is declined from now on: generic decline
    And 16 days pass
    And 3 days pass
    And 5 days pass
    And 7 days pass
    Then the subscription to "Team" of "Electric Car Rental" shows:
      | Status              | canceled         |
      | Churned             | yes              |
      | Ended Date          | 2026-11-16       |
      | Cancellation Reason | …payment_failed… |
    And the renewals are:
      | Billing Reason      | Status    | Payment Attempts | Next Retry Date |
      | subscription_create | Collected | 1                |                 |
      | subscription_cycle  | Failed    | 4                |                 |
      |                     | Void      |                  |                 |
    And the Task is:
      | Owner | Closed | Description    |
      | Rita  | yes    | …has ended…     |
    And the notifications are:
      | Title                                   | To   |
      | Payment failed: Electric Car Rental     | Rita |
      | Subscription ended: Electric Car Rental | Rita |
    And the movements are:
      | Kind  | Date       | Amount  |
      | New   | 2026-10-01 | 400.00  |
      | Churn | 2026-11-16 | -400.00 |
    And the Account "Electric Car Rental" shows:
      | Customer Health | Churned |
      | At-Risk MRR     | 0.00    |
      | Lifetime Value  | 400.00  |
