Feature: A dispute is lost

  Scenario: The money is gone, and health recovers no more from this payment
    Given the Account "Tall Pines" of rep "Rita"
    And the open Opportunity "Timber"
    And the plan "Team" at 100 USD a month
    When "Tall Pines" subscribes to 1 x "Team" for the Opportunity "Timber"
    And 10 days pass
    And the bank disputes the last payment of "Tall Pines" as product not received
    Then the revenue entries are:
      | Kind    | Date       | Amount  | Status         | Reason    |
      | Charge  | 2026-10-01 | 100.00  | succeeded      |           |
      | Dispute | 2026-10-11 | -100.00 | needs_response | …product… |
    And the Account "Tall Pines" shows:
      | Lifetime Value  | 0.00    |
      | Disputed        | -100.00 |
      | Open Disputes   | 1       |
      | Customer Health | At Risk |
    And the notification is:
      | Title                        | To   |
      | Disputed payment: Tall Pines | Rita |
    When 5 days pass
    And the dispute of "Tall Pines" is lost
    Then the revenue entries are:
      | Kind    | Amount  | Status    |
      | Charge  | 100.00  | succeeded |
      | Dispute | -100.00 | lost      |
    And the Account "Tall Pines" shows:
      | Lifetime Value | 0.00    |
      | Open Disputes  | 0       |
      | Disputed       | -100.00 |
