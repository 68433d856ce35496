Feature: Two customers buy on the same day

  Scenario: What one of them does, does not reach the other
    Given the Account "Heather Inns"
    And the open Opportunity "Beds"
    And the Account "Hemlock Inns"
    And the open Opportunity "Baths"
    And the plan "Team" at 100 USD a month
    When "Heather Inns" subscribes to 1 x "Team" for the Opportunity "Beds"
    And "Hemlock Inns" subscribes to 1 x "Team" for the Opportunity "Baths"
    And 10 days pass
    And "Hemlock Inns" cancels "Team" at once
    Then the Account "Heather Inns" shows:
      | Customer Health | Healthy  |
      | Current ARR     | 1,200.00 |
    And the Account "Hemlock Inns" shows:
      | Customer Health | Churned |
      | Current ARR     | 0.00    |
