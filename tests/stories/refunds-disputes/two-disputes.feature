Feature: Two disputes about one payment

  Scenario: Each has its own entries, and one of them comes back
    Given the Account "Yellow Cabs"
    And the open Opportunity "Ride"
    And the plan "Team" at 100 USD a month
    When "Yellow Cabs" subscribes to 1 x "Team" for the Opportunity "Ride"
    And 10 days pass
    And the bank disputes 60 USD of the last payment of "Yellow Cabs"
    And 5 days pass
    And the bank disputes 40 USD of the last payment of "Yellow Cabs"
    Then the Account "Yellow Cabs" shows:
      | Open Disputes  | 2    |
      | Lifetime Value | 0.00 |
    When 15 days pass
    And the last dispute of "Yellow Cabs" is won
    Then the revenue entries are:
      | Kind    | Date       | Amount | Status         |
      | Charge  | 2026-10-01 | 100.00 | succeeded      |
      | Dispute | 2026-10-11 | -60.00 | needs_response |
      | Dispute | 2026-10-16 | -40.00 | won            |
      | Dispute | 2026-10-31 | 40.00  | won            |
    And the Account "Yellow Cabs" shows:
      | Open Disputes  | 1     |
      | Lifetime Value | 40.00 |
