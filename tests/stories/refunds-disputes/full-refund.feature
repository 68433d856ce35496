Feature: A payment is given back

  Scenario: The refund takes the money out of the totals, and the deal stays won
    Given the Account "Lucerne Publishing"
    And the open Opportunity "Novel"
    And the plan "Team" at 100 USD a month
    When "Lucerne Publishing" subscribes to 1 x "Team" for the Opportunity "Novel"
    And 10 days pass
    And the last payment of "Lucerne Publishing" is refunded because requested_by_customer
    Then the revenue entries are:
      | Kind   | Date       | Amount  | Status    | Reason      |
      | Charge | 2026-10-01 | 100.00  | succeeded |             |
      | Refund | 2026-10-11 | -100.00 | succeeded | …requested… |
    And the Account "Lucerne Publishing" shows:
      | Lifetime Value    | 0.00       |
      | Refunded          | -100.00    |
      | Customer Health   | At Risk    |
      | Last Payment Date | 2026-10-01 |
    And the Opportunity "Novel" is won
    And the Opportunity "Novel" shows:
      | Collected | 0.00 |
