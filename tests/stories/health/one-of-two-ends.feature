Feature: One of two subscriptions ends

  Scenario: A customer with a live subscription has not churned
    Given the Account "Ivy Schools"
    And the open Opportunity "Lower"
    And the open Opportunity "Upper"
    And the plan "Team" at 100 USD a month
    And the plan "Library" at 50 USD a month
    When "Ivy Schools" subscribes to 1 x "Team" for the Opportunity "Lower"
    And "Ivy Schools" subscribes to 1 x "Library" for the Opportunity "Upper"
    And 10 days pass
    And "Ivy Schools" cancels "Library" at once
    Then the Account "Ivy Schools" shows:
      | Customer Health     | Healthy |
      | Live Subscriptions  | 1       |
      | Ended Subscriptions | 1       |
    When 5 days pass
    And "Ivy Schools" cancels "Team" at once
    Then the Account "Ivy Schools" shows:
      | Customer Health     | Churned |
      | Live Subscriptions  | 0       |
      | Ended Subscriptions | 2       |
