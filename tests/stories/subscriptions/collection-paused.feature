Feature: Collection is paused for a while

  Scenario: A customer who is not billed for a while has not left
    Given the Account "Relecloud"
    And the open Opportunity "Cloud"
    And the plan "Team" at 90 USD a month
    When "Relecloud" subscribes to 4 x "Team" for the Opportunity "Cloud"
    And 10 days pass
    And collection of "Team" is paused for "Relecloud", invoices are voided
    Then the subscription to "Team" of "Relecloud" shows:
      | Status            | active |
      | Collection Paused | void   |
      | Paused            | yes    |
      | Churned           | no     |
      | MRR               | 360.00 |
    And the Account "Relecloud" shows:
      | Paused Subscriptions | 1        |
      | Current ARR          | 4,320.00 |
    When 21 days pass
    And collection of "Team" goes on for "Relecloud"
    Then the subscription to "Team" of "Relecloud" shows:
      | Paused            | no |
      | Collection Paused |    |
    And the movement is:
      | Kind | Date       | Amount |
      | New  | 2026-10-01 | 360.00 |
    And the Account "Relecloud" shows:
      | Lifetime Value | 360.00 |
    And there is no Task
