Feature: Retries are over, and the subscription stays unpaid

  Scenario: An unpaid subscription brings in nothing: it is churn until it is paid
    Given the Account "Four Seasons Cleaning" of rep "Rita"
    And the open Opportunity "Windows"
    And the plan "Team" at 100 USD a month
    When "Four Seasons Cleaning" subscribes to 1 x "Team" for the Opportunity "Windows"
    And "Team" of "Four Seasons Cleaning" stays unpaid when no retry is left
    And 15 days pass
    And the card of "Four Seasons Cleaning" is declined from now on: generic decline
    And 31 days pass
    Then the subscription to "Team" of "Four Seasons Cleaning" shows:
      | Status  | unpaid |
      | Churned | yes    |
      | MRR     | 0.00   |
    And the movements are:
      | Kind  | Date       | Amount  |
      | New   | 2026-10-01 | 100.00  |
      | Churn | 2026-11-16 | -100.00 |
    And the Account "Four Seasons Cleaning" shows:
      | Customer Health | Churned |
      | Current ARR     | 0.00    |
    When "Four Seasons Cleaning" pays the open invoice with a new card
    Then the subscription to "Team" of "Four Seasons Cleaning" shows:
      | Status  | active |
      | Churned | no     |
      | MRR     | 100.00 |
    And the Account "Four Seasons Cleaning" shows:
      | Lifetime Value  | 200.00  |
      | Customer Health | Healthy |
    And the Task is:
      | Closed |
      | yes    |
