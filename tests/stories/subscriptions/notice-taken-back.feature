Feature: A customer stays after all

  Scenario: A cancellation that is taken back leaves no trace in the numbers
    Given the Account "Margie's Travel"
    And the open Opportunity "Tours"
    And the plan "Team" at 100 USD a month
    When "Margie's Travel" subscribes to 2 x "Team" for the Opportunity "Tours"
    And 10 days pass
    And "Margie's Travel" cancels "Team" at the end of the period
    And 4 days pass
    Then the Account "Margie's Travel" shows:
      | Cancelling Subscriptions | 1       |
      | Customer Health          | At Risk |
    When "Margie's Travel" takes back the cancellation of "Team"
    And 17 days pass
    Then the subscription to "Team" of "Margie's Travel" shows:
      | Status     | active |
      | Cancelling | no     |
      | Churned    | no     |
    And the Account "Margie's Travel" shows:
      | Cancelling Subscriptions | 0       |
      | Customer Health          | Healthy |
      | Lifetime Value           | 400.00  |
    And the movement is:
      | Kind | Date       | Amount |
      | New  | 2026-10-01 | 200.00 |
